// One map per kind of position embedding, drawn here without the kernel: it sends all similarities once, and hears
// late (after LATE milliseconds without a change) which patch was selected.

const LATE = 150;

const TEMPLATE = `
  <p class="where"></p>
  <div class="maps"></div>
  <p class="hint">Click a patch, or use the arrow keys. Point at another one to read its values.</p>
  <div class="spoken" aria-live="polite"></div>`;

const MAP = `
  <h3></h3>
  <div class="map" tabindex="0" role="application" aria-roledescription="map of patches"
       data-lm-suppress-shortcuts="true"><canvas></canvas><div class="mark"></div><div class="mark hover" hidden></div></div>
  <div class="scale" aria-hidden="true"><span></span><i></i><span></span></div>
  <p class="value"></p>`;

function render({ model, el }) {
  el.classList.add("position-similarity");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);

  const [H, W] = model.get("_grid");
  const N = H * W;
  const maps = model.get("_maps");
  const bytes = model.get("_values");
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 4 * maps.length * N * N));
  const bytesOfColours = model.get("_colours");
  const colours = new Uint8Array(bytesOfColours.buffer, bytesOfColours.byteOffset, 256 * 3);
  const value = (m, i) => values[(m * N + patch) * N + i];

  let patch = model.get("patch");
  let hovered = null; // index of the patch under the pointer

  const panels = maps.map(({ title, what, low, high }) => {
    const panel = document.createElement("figure");
    panel.innerHTML = MAP;
    find(".maps").append(panel);
    panel.querySelector("h3").textContent = title;
    panel.querySelector(".map").style.aspectRatio = `${W} / ${H}`;
    panel.querySelector("canvas").width = W;
    panel.querySelector("canvas").height = H;
    const ends = panel.querySelectorAll(".scale span");
    [ends[0].textContent, ends[1].textContent] = [show(low), show(high)];
    const stops = [0, 64, 128, 192, 255].map((n) => `rgb(${colours.subarray(3 * n, 3 * n + 3).join(" ")})`);
    panel.querySelector(".scale i").style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    panel.querySelector(".map").setAttribute(
      "aria-label",
      `${title}: ${what} between the selected patch and every other, ${H} rows of ${W} patches. ` +
        "Arrow keys move the selected patch, Home and End go to the first and the last.",
    );
    return panel;
  });

  // Drawing
  function drawMaps() {
    panels.forEach((panel, m) => {
      const { low, high } = maps[m];
      const image = new ImageData(W, H);
      for (let i = 0; i < N; i++) {
        const shade = Math.round((255 * (value(m, i) - low)) / (high - low || 1));
        image.data.set(colours.subarray(3 * shade, 3 * shade + 3), 4 * i);
        image.data[4 * i + 3] = 255;
      }
      panel.querySelector("canvas").getContext("2d").putImageData(image, 0, 0);
      place(panel.querySelector(".mark:not(.hover)"), patch);
    });
    drawText();
  }
  function drawText() {
    const at = hovered ?? patch;
    find(".where").innerHTML =
      `Selected: patch <b>${patch}</b>, ${rowAndColumn(patch)}` +
      (hovered === null ? "" : ` · pointing at patch <b>${hovered}</b>, ${rowAndColumn(hovered)}`);
    panels.forEach((panel, m) => {
      const mark = panel.querySelector(".hover");
      mark.hidden = hovered === null;
      if (hovered !== null) place(mark, hovered);
      panel.querySelector(".value").textContent = `${maps[m].what} with patch ${at}: ${show(value(m, at))}`;
    });
  }
  function place(mark, i) {
    mark.style.left = `${(100 * (i % W)) / W}%`;
    mark.style.top = `${(100 * Math.floor(i / W)) / H}%`;
    mark.style.width = `${100 / W}%`;
    mark.style.height = `${100 / H}%`;
  }
  const rowAndColumn = (i) => `row ${Math.floor(i / W)}, column ${i % W}`;

  // What the learner does
  let timer = null;
  function say() {
    const neighbour = patch % W < W - 1 ? ["right", patch + 1] : ["left", patch - 1];
    const there = W > 1 ? maps.map((map, m) => `${map.title} ${show(value(m, neighbour[1]))}`).join(", ") : "";
    find(".spoken").textContent =
      `patch ${patch}, ${rowAndColumn(patch)}` + (there ? `; with its ${neighbour[0]} neighbour: ${there}` : "");
  }
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    model.set("patch", patch);
    model.save_changes();
  }
  function select(i) {
    if (i === patch) return;
    patch = i;
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    drawMaps();
    say();
  }

  for (const panel of panels) {
    const area = panel.querySelector(".map");
    const at = (event) => {
      const box = area.getBoundingClientRect();
      const column = clamp(Math.floor(((event.clientX - box.left) / box.width) * W), 0, W - 1);
      const row = clamp(Math.floor(((event.clientY - box.top) / box.height) * H), 0, H - 1);
      return row * W + column;
    };
    area.addEventListener("pointermove", (event) => {
      const i = at(event);
      if (i === hovered) return;
      hovered = i;
      if (event.buttons) select(i);
      drawText();
    });
    area.addEventListener("pointerdown", (event) => select(at(event)));
    area.addEventListener("focus", say);
    for (const end of ["pointerleave", "pointercancel"]) {
      area.addEventListener(end, () => {
        hovered = null;
        drawText();
      });
    }
    area.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const steps = {
        ArrowLeft: patch % W === 0 ? 0 : -1,
        ArrowRight: patch % W === W - 1 ? 0 : 1,
        ArrowUp: -W,
        ArrowDown: W,
        Home: -patch,
        End: N - 1 - patch,
      };
      if (!(event.key in steps)) return;
      event.preventDefault();
      const i = patch + steps[event.key];
      hovered = null;
      if (i >= 0 && i < N) select(i);
      drawText();
    });
  }

  // What the kernel or another view of this widget does
  const follow = () => {
    if (patch === model.get("patch")) return;
    patch = model.get("patch");
    hovered = null;
    drawMaps();
  };
  model.on("change:patch", follow);
  drawMaps();

  return () => {
    if (timer !== null) tellKernel();
    model.off("change:patch", follow);
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const show = (value) => value.toFixed(2).replace("-", "−");

export default { render };
