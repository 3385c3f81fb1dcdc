// Sliders and pictures of each body.

function connect(part, volume, scale) {
  const panes = [...part.querySelectorAll(".pane")].map((figure) => ({
    kind: figure.dataset.kind,
    canvas: figure.querySelector("canvas"),
    still: figure.querySelector(".still"),
    lines: figure.querySelector(".lines"),
    slider: figure.querySelector(".slice"),
    output: figure.querySelector("output"),
  }));
  const places = [0, 0, 0];
  const reading = part.querySelector(".reading"), toggle = document.getElementById("show-dose");
  for (const pane of panes) places[PLANES[pane.kind].axis] = Number(pane.slider.value);

  function draw(pane) {
    const axis = PLANES[pane.kind].axis, way = pane.slider.dataset.way;
    const mm = volume.data.origin[2 - axis] + volume.data.spacing[2 - axis] * places[axis];
    const words = `${way} = ${(Math.round(mm) + 0).toString().replace("-", "\u2212")} mm`;
    drawPlane(pane.canvas, volume, pane.kind, places[axis], scale, toggle.checked);
    pane.canvas.setAttribute("aria-label", `${pane.kind} section at ${words}`);
    pane.slider.value = places[axis];
    pane.slider.setAttribute("aria-valuetext", words);
    pane.output.textContent = words;
  }

  function drawCrosses() {
    for (const pane of panes) {
      const [x, y] = crossing(volume, pane.kind, places);
      const across = pane.lines.querySelector(".across"), up = pane.lines.querySelector(".up");
      for (const name of ["y1", "y2"]) across.setAttribute(name, y);
      for (const name of ["x1", "x2"]) up.setAttribute(name, x);
    }
    const label = volume.label(...places);
    const dose = volume.data.solid[label] ? `about ${Number(volume.doseAt(...places).toPrecision(2))} mGy` : "";
    reading.textContent = `At the crossing: ${volume.data.names[label]}${dose ? `, ${dose}` : ""}.`;
  }

  function move(axis, index) {
    const kept = Math.min(Math.max(index, 0), volume.data.shape[axis] - 1);
    if (kept === places[axis]) return;
    places[axis] = kept;
    draw(panes.find((pane) => PLANES[pane.kind].axis === axis));
    drawCrosses();
  }

  function point(pane, event) {
    const box = pane.lines.getBoundingClientRect(), plane = PLANES[pane.kind], shape = volume.data.shape;
    const column = Math.floor(((event.clientX - box.left) / box.width) * shape[plane.across]);
    const row = Math.floor(((event.clientY - box.top) / box.height) * shape[plane.down]);
    const voxel = voxelAt(volume, pane.kind, places[plane.axis], column, row);
    for (const axis of [plane.across, plane.down]) move(axis, voxel[axis]);
  }

  for (const pane of panes) {
    pane.canvas.setAttribute("role", "img");
    pane.canvas.hidden = false;
    pane.still.setAttribute("aria-hidden", "true");
    pane.slider.addEventListener("input", () => move(PLANES[pane.kind].axis, Number(pane.slider.value)));
    pane.lines.addEventListener("pointerdown", (event) => point(pane, event));
    pane.lines.addEventListener("pointermove", (event) => event.buttons === 1 && point(pane, event));
    draw(pane);
  }
  toggle.addEventListener("change", () => panes.forEach(draw));
  drawCrosses();
}

async function begin() {
  const source = document.getElementById("dose-scale");
  if (!source) return;
  const scale = JSON.parse(source.textContent);
  scale.table = colourTable(scale.colours);
  for (const script of document.querySelectorAll(".dose-volume")) {
    const volume = await openVolume(JSON.parse(script.textContent));
    connect(document.querySelector(`.body-map[data-body="${script.dataset.body}"]`), volume, scale);
  }
  document.body.classList.add("alive");
}

// A closed part of the page does not print: those that belong on paper are opened for it.
function forPrint(open) {
  for (const part of document.querySelectorAll("details[data-print]")) {
    if (open && !part.open) part.dataset.opened = "yes";
    if (open || part.dataset.opened) part.open = open;
    if (!open) delete part.dataset.opened;
  }
}
addEventListener("beforeprint", () => forPrint(true));
addEventListener("afterprint", () => forPrint(false));
if (typeof DecompressionStream === "function") begin();
