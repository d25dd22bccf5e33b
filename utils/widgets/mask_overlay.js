// Image, masks and mistakes are drawn here, without the kernel: it sends all pixels once, and hears late (after LATE
// milliseconds without a change) what is shown.

const LATE = 150;
const NAMES = ["index", "opacity", "shown"];
const MISTAKE = [204, 121, 167]; // plots.PINK

const PANEL = (title) => `
  <figure><h3>${title}</h3>
    <div class="picture" tabindex="0" role="application" aria-roledescription="picture to read pixel by pixel"
         data-lm-suppress-shortcuts="true"><canvas></canvas><div class="across" hidden></div><div class="down" hidden></div></div>
  </figure>`;

const TEMPLATE = `
  <div class="controls">
    <label class="choose"><span class="label">Image <b></b></span>
      <input type="range" min="0" step="1" aria-label="Image" data-lm-suppress-shortcuts="true"></label>
    <label class="opacity"><span class="label">Opacity of the masks <b></b></span>
      <input type="range" min="0" max="1" step="0.05" aria-label="Opacity of the masks" data-lm-suppress-shortcuts="true"></label>
  </div>
  <div class="classes"></div>
  <div class="parts">${["Truth", "Prediction", "Mistakes"].map(PANEL).join("")}</div>
  <p class="wrong"></p>
  <p class="pixel"></p>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("mask-overlay");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const [n, H, W] = model.get("_sizes");
  const classes = model.get("_classes");
  const colors = model.get("_colors");
  const N = H * W;
  const bytes = (name) => {
    const view = model.get(name);
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  };
  const pixels = bytes("_pixels");
  const masks = bytes("_masks");
  const state = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  let cross = null; // index of the pixel that is read
  const paints = [[0, 0, 0], ...colors.map((color) => [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16)))];

  const truth = (i) => masks[state.index * N + i];
  const guess = (i) => masks[(n + state.index) * N + i];

  // The same sums as `class_iou` in utils/models/dense_prediction.py, for one image
  function measure() {
    const both = classes.map(() => 0);
    const either = classes.map(() => 0);
    let wrong = 0;
    for (let i = 0; i < N; i++) {
      const [t, g] = [truth(i), guess(i)];
      either[t] += 1;
      if (t === g) both[t] += 1;
      else {
        either[g] += 1;
        wrong += 1;
      }
    }
    return { ious: both.map((count, k) => count / either[k]), wrong };
  }

  // Drawing
  function drawAll() {
    const isShown = classes.map((_, k) => state.shown.includes(k));
    [...el.querySelectorAll(".picture canvas")].forEach((canvas, panel) => {
      const image = new ImageData(W, H);
      for (let i = 0; i < N; i++) {
        const rgb = pixels.subarray(3 * (state.index * N + i), 3 * (state.index * N + i) + 3);
        const [t, g] = [truth(i), guess(i)];
        const grey = (rgb[0] + rgb[1] + rgb[2]) / 3;
        const label = panel === 0 ? t : g;
        const isPainted = panel === 2 ? t !== g && (isShown[t] || isShown[g]) : isShown[label];
        const paint = panel === 2 ? MISTAKE : paints[label];
        for (let c = 0; c < 3; c++) {
          const below = panel === 2 ? grey : rgb[c];
          image.data[4 * i + c] = Math.round(isPainted ? below + state.opacity * (paint[c] - below) : below);
        }
        image.data[4 * i + 3] = 255;
      }
      canvas.getContext("2d").putImageData(image, 0, 0);
    });
    const { ious, wrong } = measure();
    for (const label of el.querySelectorAll(".classes label")) {
      const k = Number(label.dataset.k);
      label.querySelector("input").checked = isShown[k];
      label.querySelector(".iou").textContent = `IoU ${show(ious[k])}`;
    }
    find(".wrong").innerHTML = `<b>${thousands(wrong)}</b> of ${thousands(N)} pixels are wrong, ` +
      `<b>${((100 * wrong) / N).toFixed(1)} %</b>`;
    find(".choose input").value = state.index;
    find(".choose b").textContent = `${state.index + 1} of ${n}`;
    find(".choose input").setAttribute("aria-valuetext", `${state.index + 1} of ${n}`);
    find(".opacity input").value = state.opacity;
    find(".opacity b").textContent = `${Math.round(100 * state.opacity)} %`;
    find(".opacity input").setAttribute("aria-valuetext", `${Math.round(100 * state.opacity)} percent`);
    drawCross();
  }
  function drawCross() {
    const [x, y] = cross === null ? [0, 0] : [cross % W, Math.floor(cross / W)];
    for (const line of el.querySelectorAll(".across, .down")) line.hidden = cross === null;
    for (const line of el.querySelectorAll(".across")) line.style.top = `${(100 * (y + 0.5)) / H}%`;
    for (const line of el.querySelectorAll(".down")) line.style.left = `${(100 * (x + 0.5)) / W}%`;
    find(".pixel").textContent = cross === null ? "Point at a pixel, or use the arrow keys in a picture." : inWords();
  }
  const inWords = () =>
    `row ${Math.floor(cross / W)}, column ${cross % W}: truth ${classes[truth(cross)]}, prediction ${classes[guess(cross)]}`;

  // What the learner does
  let timer = null;
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    model.set({ ...state, shown: [...state.shown] });
    model.save_changes();
  }
  function change(update) {
    Object.assign(state, update);
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    drawAll();
    const { ious, wrong } = measure();
    const each = state.shown.map((k) => `${classes[k]} ${show(ious[k])}`).join(", ");
    find(".spoken").textContent = `image ${state.index + 1}, ${wrong} pixels wrong; IoU ${each || "of no class shown"}`;
  }

  find(".choose input").max = n - 1;
  find(".choose").hidden = n === 1;
  find(".choose input").addEventListener("input", (event) => change({ index: Number(event.target.value) }));
  find(".opacity input").addEventListener("input", (event) => change({ opacity: Number(event.target.value) }));
  classes.forEach((name, k) => {
    if (k === 0) return;
    const label = document.createElement("label");
    label.dataset.k = k;
    label.innerHTML = `<input type="checkbox" data-lm-suppress-shortcuts="true"><i></i><span class="name"></span> <span class="iou"></span>`;
    label.querySelector("i").style.background = colors[k - 1];
    label.querySelector(".name").textContent = name;
    label.querySelector("input").addEventListener("change", (event) => {
      const others = state.shown.filter((other) => other !== k);
      change({ shown: event.target.checked ? [...others, k].sort((a, b) => a - b) : others });
    });
    find(".classes").append(label);
  });

  [...el.querySelectorAll(".picture")].forEach((picture, panel) => {
    picture.style.aspectRatio = `${W} / ${H}`;
    picture.querySelector("canvas").width = W;
    picture.querySelector("canvas").height = H;
    const what = ["the true mask", "the predicted mask", "the pixels that are wrong"][panel];
    picture.setAttribute("aria-label", `The image with ${what}, ${H} rows of ${W} pixels. Arrow keys read pixel after pixel, with Shift every eighth.`);
    picture.addEventListener("pointermove", (event) => {
      const box = picture.getBoundingClientRect();
      const x = clamp(Math.floor(((event.clientX - box.left) / box.width) * W), 0, W - 1);
      const y = clamp(Math.floor(((event.clientY - box.top) / box.height) * H), 0, H - 1);
      cross = y * W + x;
      drawCross();
    });
    for (const end of ["pointerleave", "pointercancel", "blur"]) {
      picture.addEventListener(end, () => {
        if (document.activeElement === picture && end !== "blur") return;
        cross = null;
        drawCross();
      });
    }
    picture.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (!(event.key in steps)) return;
      event.preventDefault();
      const far = event.shiftKey ? 8 : 1;
      const [x, y] = cross === null ? [W >> 1, H >> 1] : [cross % W, Math.floor(cross / W)];
      const [dx, dy] = cross === null ? [0, 0] : steps[event.key];
      cross = clamp(y + far * dy, 0, H - 1) * W + clamp(x + far * dx, 0, W - 1);
      drawCross();
      find(".spoken").textContent = inWords();
    });
  });

  // What the kernel or another view of this widget does
  const follow = NAMES.map((name) => {
    const update = () => {
      if (JSON.stringify(state[name]) === JSON.stringify(model.get(name))) return;
      state[name] = model.get(name);
      drawAll();
    };
    model.on(`change:${name}`, update);
    return () => model.off(`change:${name}`, update);
  });
  drawAll();

  return () => {
    if (timer !== null) tellKernel();
    follow.forEach((stop) => stop());
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const show = (iou) => (Number.isNaN(iou) ? "–" : iou.toFixed(2));
const thousands = (count) => count.toLocaleString("en");

export default { render };
