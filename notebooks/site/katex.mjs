// Sets formulas in type. Reads a JSON list of [formula, whether it is displayed] from the standard input and writes a
// list of the same length: {"html": ...}, or {"error": ...} for what KaTeX does not accept.
import { readFileSync } from "node:fs";
import katex from "katex";

function typeset([formula, displayMode]) {
  try {
    const options = { displayMode, output: "htmlAndMathml", strict: "error", throwOnError: true };
    return { html: katex.renderToString(formula, options) };
  } catch (error) {
    return { error: error.message };
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(typeset)));
