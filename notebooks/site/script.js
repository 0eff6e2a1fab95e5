// Moves the pictures that have sliders. All frames were drawn in advance: a move only shows another file.
"use strict";

const AHEAD = 12;  // frames that are loaded in advance to each side of where a slider stands
const PATIENCE = 300;  // milliseconds without a move before the new caption is read out

function explorer(box) {
  const { controls, frames, captions, alt } = JSON.parse(box.querySelector("script").textContent);
  const inputs = [...box.querySelectorAll("[data-control]")];
  const places = controls.map((control) => control.start);
  const loaded = new Map();
  let moves = 0, shown = 0, timer;

  const index = (at) => at.reduce((sum, place, i) => sum * controls[i].values.length + place, 0);

  function load(number) {
    const file = frames[number];
    if (!loaded.has(file)) {
      const image = new Image();
      image.src = `assets/${file}`;
      loaded.set(file, image);
    }
    return loaded.get(file);
  }

  function loadAround(i) {
    for (let distance = 1; distance <= AHEAD; distance++) {
      for (const place of [places[i] - distance, places[i] + distance]) {
        if (place in controls[i].values) load(index(places.with(i, place)));
      }
    }
  }

  async function show() {
    const move = ++moves, number = index(places);
    const picture = load(number);
    await picture.decode().catch(() => {});
    if (move < shown) return;  // a later move was quicker
    shown = move;
    for (const image of box.querySelectorAll("img")) image.src = picture.src;
    const settings = controls.map((control, i) => `${control.label}: ${control.values[places[i]]}`).join(", ");
    box.querySelector(".whole").alt = `${alt} ${settings}. ${captions[number]}`.trim();
    const caption = box.querySelector(".caption");
    if (!caption) return;
    caption.querySelector(".shown").textContent = captions[number];
    clearTimeout(timer);
    timer = setTimeout(() => { caption.querySelector("[role=status]").textContent = captions[number]; }, PATIENCE);
  }

  for (const input of inputs) {
    const i = Number(input.dataset.control), values = controls[i].values;
    const key = { range: "value", checkbox: "checked" }[input.type] ?? "selectedIndex";
    input[key] = input.type === "checkbox" ? places[i] === 1 : places[i];
    input.disabled = false;
    input.addEventListener("input", () => {
      places[i] = Number(input[key]);
      if (input.type === "range") {
        input.setAttribute("aria-valuetext", values[places[i]]);
        input.parentElement.querySelector("output").textContent = values[places[i]];
      }
      show().then(() => loadAround(i));
    });
    for (const event of ["focus", "pointerenter", "touchstart"]) {
      input.addEventListener(event, () => loadAround(i), { passive: true });
    }
  }
}

// Marks the section that is being read in the list beside it.
function followSections() {
  const links = new Map(), bar = document.querySelector(".sidebar");
  for (const link of document.querySelectorAll(".wide a[href^='#']")) {
    links.set(document.getElementById(link.hash.slice(1)), link);
  }
  const headings = [...links.keys()];
  let marked;
  function mark() {
    const read = headings.filter((heading) => heading.getBoundingClientRect().top < 100).pop();
    if (read === marked) return;
    links.get(marked)?.removeAttribute("aria-current");
    links.get(read)?.setAttribute("aria-current", "true");
    if (read) bar.scrollTop = links.get(read).offsetTop - bar.clientHeight / 2;
    marked = read;
  }
  mark();
  addEventListener("scroll", () => requestAnimationFrame(mark), { passive: true });
}

document.querySelectorAll(".explorer").forEach(explorer);
followSections();
