// Two boxes on a grid, moved and measured here, without the kernel: it hears late (after LATE milliseconds without a
// change) where they are.

const LATE = 150;
const NAMES = ["truth", "guess"];
const TITLES = { truth: "true box", guess: "guessed box" };

const BOX = (name) => `
  <div class="box ${name}" tabindex="0" role="application" aria-roledescription="box to move and resize"
       data-lm-suppress-shortcuts="true">
    <span class="name">${name}</span>${["nw", "ne", "sw", "se"].map((at) => `<i class="corner ${at}" data-at="${at}"></i>`).join("")}
  </div>`;

const TEMPLATE = `
  <div class="parts">
    <div class="area"><div class="both"></div>${NAMES.map(BOX).join("")}</div>
    <div class="numbers">
      <table>
        <tr class="truth"><th>true box</th><td class="sides"></td><td class="value"></td></tr>
        <tr class="guess"><th>guessed box</th><td class="sides"></td><td class="value"></td></tr>
        <tr class="intersection"><th>intersection</th><td class="sides"></td><td class="value"></td></tr>
        <tr class="union"><th>union</th><td class="sides"></td><td class="value"></td></tr>
      </table>
      <p class="iou"></p>
      <div class="scale" role="img"><div class="reached"></div><div class="ticks"></div></div>
      <div class="labels" aria-hidden="true"><span>0</span><span>0.5</span><span>1</span></div>
      <p class="hits"></p>
    </div>
  </div>
  <p class="hint">Drag a box, or one of its corners. With the keyboard: Tab chooses a box, arrow keys move it, Shift and arrow keys move its lower right corner.</p>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("box-overlap");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const [H, W] = model.get("_size");
  const thresholds = model.get("_thresholds");
  const area = find(".area");
  const state = Object.fromEntries(NAMES.map((name) => [name, [...model.get(name)]]));

  area.style.aspectRatio = `${W} / ${H}`;
  area.style.setProperty("--cell-x", `${100 / W}%`);
  area.style.setProperty("--cell-y", `${100 / H}%`);
  const colors = model.get("_colors");
  NAMES.forEach((name, n) => el.style.setProperty(`--${name}`, colors[n]));
  find(".ticks").innerHTML = thresholds.map((t) => `<i style="left: ${100 * t}%"></i>`).join("");

  // The same sums as `box_iou` in utils/models/dense_prediction.py
  const surface = ([x1, y1, x2, y2]) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
  function measure() {
    const { truth, guess } = state;
    const both = [0, 1].map((k) => Math.max(truth[k], guess[k])).concat([2, 3].map((k) => Math.min(truth[k], guess[k])));
    const meet = both[0] < both[2] && both[1] < both[3];
    const intersection = meet ? surface(both) : 0;
    const union = surface(truth) + surface(guess) - intersection;
    return { both, meet, intersection, union, iou: intersection / union };
  }

  // Drawing
  function place(mark, [x1, y1, x2, y2]) {
    mark.style.left = `${(100 * x1) / W}%`;
    mark.style.top = `${(100 * y1) / H}%`;
    mark.style.width = `${(100 * (x2 - x1)) / W}%`;
    mark.style.height = `${(100 * (y2 - y1)) / H}%`;
  }
  const sides = ([x1, y1, x2, y2]) => `${x2 - x1} × ${y2 - y1}`;
  function row(name, text, value) {
    find(`tr.${name} .sides`).textContent = text;
    find(`tr.${name} .value`).textContent = value;
  }
  function draw() {
    const { both, meet, intersection, union, iou } = measure();
    for (const name of NAMES) {
      const box = find(`.box.${name}`);
      place(box, state[name]);
      box.setAttribute("aria-label", `${TITLES[name]}, ${inWords(state[name])}. Arrow keys move it, with Shift its lower right corner.`);
      row(name, sides(state[name]), surface(state[name]));
    }
    const mark = find(".both");
    mark.hidden = !meet;
    if (meet) place(mark, both);
    row("intersection", meet ? sides(both) : "none", intersection);
    row("union", `${surface(state.truth)} + ${surface(state.guess)} − ${intersection}`, union);
    find(".iou").innerHTML = `IoU = ${intersection} / ${union} = <b>${iou.toFixed(2)}</b>`;
    find(".reached").style.width = `${100 * iou}%`;
    [...find(".ticks").children].forEach((tick, n) => tick.classList.toggle("reached", iou >= thresholds[n]));
    find(".hits").textContent = `a hit at ${hits(iou)} of COCO's ${thresholds.length} thresholds`;
    find(".scale").setAttribute("aria-label", `IoU ${iou.toFixed(2)}, ${find(".hits").textContent}`);
  }
  const hits = (iou) => thresholds.filter((t) => iou >= t).length;
  const inWords = ([x1, y1, x2, y2]) => `from ${x1}, ${y1} to ${x2}, ${y2}`;
  function say(name) {
    const { intersection, union, iou } = measure();
    find(".spoken").textContent =
      `${TITLES[name]} ${inWords(state[name])}; intersection ${intersection}, union ${union}, IoU ${iou.toFixed(2)}`;
  }

  // What the learner does
  let timer = null;
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    for (const name of NAMES) model.set(name, [...state[name]]);
    model.save_changes();
  }
  function change(name, box) {
    if (box.every((value, k) => value === state[name][k])) return;
    state[name] = box;
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    draw();
    say(name);
  }
  function moved([x1, y1, x2, y2], dx, dy) {
    const right = clamp(dx, -x1, W - x2);
    const down = clamp(dy, -y1, H - y2);
    return [x1 + right, y1 + down, x2 + right, y2 + down];
  }
  function resized([x1, y1, x2, y2], at, dx, dy) {
    return [
      at.includes("w") ? clamp(x1 + dx, 0, x2 - 1) : x1,
      at.includes("n") ? clamp(y1 + dy, 0, y2 - 1) : y1,
      at.includes("e") ? clamp(x2 + dx, x1 + 1, W) : x2,
      at.includes("s") ? clamp(y2 + dy, y1 + 1, H) : y2,
    ];
  }

  for (const name of NAMES) {
    const box = find(`.box.${name}`);
    let start = null; // where the drag began, and the box then
    box.addEventListener("pointerdown", (event) => {
      start = { x: event.clientX, y: event.clientY, box: [...state[name]], at: event.target.dataset.at };
      box.setPointerCapture(event.pointerId);
      box.focus({ preventScroll: true });
      NAMES.forEach((other) => find(`.box.${other}`).classList.toggle("above", other === name));
      event.preventDefault();
    });
    box.addEventListener("pointermove", (event) => {
      if (start === null) return;
      const { width, height } = area.getBoundingClientRect();
      const dx = Math.round(((event.clientX - start.x) / width) * W);
      const dy = Math.round(((event.clientY - start.y) / height) * H);
      change(name, start.at ? resized(start.box, start.at, dx, dy) : moved(start.box, dx, dy));
    });
    for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => (start = null));
    box.addEventListener("focus", () => say(name));
    box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (!(event.key in steps)) return;
      event.preventDefault();
      const [dx, dy] = steps[event.key];
      change(name, event.shiftKey ? resized(state[name], "se", dx, dy) : moved(state[name], dx, dy));
    });
  }

  // What the kernel or another view of this widget does
  const follow = NAMES.map((name) => {
    const update = () => {
      state[name] = [...model.get(name)];
      draw();
    };
    model.on(`change:${name}`, update);
    return () => model.off(`change:${name}`, update);
  });
  draw();

  return () => {
    if (timer !== null) tellKernel();
    follow.forEach((stop) => stop());
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export default { render };
