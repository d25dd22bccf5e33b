// The plane with its queries and keys, the weights and the outputs are computed and drawn here, without the kernel,
// which hears late (after LATE milliseconds without a change) where the points are.

const LATE = 150;
const FIELD = 98; // the background is computed on so many places squared, and smoothed
const STEP = 0.1; // of an arrow key; five times as much with Shift
const LETTERS = "ABC";

const TEMPLATE = `
  <div class="plane">
    <canvas></canvas>
    <svg aria-hidden="true"></svg>
    <div class="handles"></div>
  </div>
  <div class="panel">
    <div class="controls">
      <label class="scale"><input type="checkbox" data-lm-suppress-shortcuts="true"> divide by √<i>d</i> = √2</label>
      <label class="heat">
        <span>Temperature <i>T</i> = <b></b></span>
        <input type="range" min="0" max="40" step="1" data-lm-suppress-shortcuts="true">
      </label>
    </div>
    <table>
      <caption></caption>
      <thead>
        <tr><th scope="col">key</th><th scope="col" class="raw"><i>q</i>·<i>k</i></th>
            <th scope="col" class="divided">score</th><th scope="col">weight</th></tr>
      </thead>
      <tbody></tbody>
    </table>
    <p class="outputs"></p>
    <div class="buttons">
      <button type="button" class="add-query">Add a query</button>
      <button type="button" class="add-key">Add a key</button>
      <button type="button" class="remove"></button>
    </div>
  </div>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("attention-playground");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const plane = find(".plane");
  const canvas = find("canvas");
  const check = find(".scale input");
  const slider = find(".heat input");

  const reach = model.get("_reach");
  const most = model.get("_most");
  const [coldest, hottest] = model.get("_temperatures");
  const colors = model.get("_colors").map(({ name, hex }) => ({ name, hex, rgb: rgb(hex) }));

  const NAMES = ["query_points", "key_points", "query", "scaled", "temperature"];
  const state = {};
  NAMES.forEach((name) => (state[name] = model.get(name)));
  let chosen = { kind: "query_points", index: state.query }; // what Delete and the button remove

  // The lesson: scores, weights, and a mixture of values
  const scores = ([x, y]) => state.key_points.map(([a, b]) => x * a + y * b);
  const divisor = () => (state.scaled ? Math.SQRT2 : 1) * state.temperature;
  function weights(point) {
    const divided = scores(point).map((score) => score / divisor());
    const largest = Math.max(...divided);
    const exponentials = divided.map((score) => Math.exp(score - largest));
    const sum = exponentials.reduce((a, b) => a + b);
    return exponentials.map((e) => e / sum);
  }
  const mixture = (shares) =>
    [0, 1, 2].map((c) => shares.reduce((sum, share, n) => sum + share * colors[n].rgb[c], 0));

  // Drawing
  const field = document.createElement("canvas");
  [field.width, field.height] = [FIELD, FIELD];
  const place = ([x, y]) => [50 + (50 * x) / reach, 50 - (50 * y) / reach]; // in percent of the plane

  function drawField() {
    const image = new ImageData(FIELD, FIELD);
    for (let row = 0; row < FIELD; row++) {
      for (let column = 0; column < FIELD; column++) {
        const [x, y] = [column, FIELD - 1 - row].map((n) => ((2 * (n + 0.5)) / FIELD - 1) * reach);
        image.data.set([...mixture(weights([x, y])).map((v) => Math.round(v * 255)), 255], 4 * (row * FIELD + column));
      }
    }
    field.getContext("2d").putImageData(image, 0, 0);
    const side = Math.round(plane.clientWidth * window.devicePixelRatio);
    if (canvas.width !== side) [canvas.width, canvas.height] = [side, side];
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(field, 0, 0, side, side);
    context.strokeStyle = "rgb(255 255 255 / 0.6)";
    context.lineWidth = window.devicePixelRatio;
    for (const [from, to] of [[[0, side / 2], [side, side / 2]], [[side / 2, 0], [side / 2, side]]]) {
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
    }
  }

  function drawLines() {
    const [x, y] = place(state.query_points[state.query]);
    find("svg").innerHTML = weights(state.query_points[state.query])
      .map((weight, n) => {
        const [a, b] = place(state.key_points[n]);
        const line = `x1="${x}%" y1="${y}%" x2="${a}%" y2="${b}%" stroke-linecap="round"`;
        return `<line ${line} stroke="#000" stroke-width="${2.5 + 10 * weight}" opacity="0.5"/>
                <line ${line} stroke="#fff" stroke-width="${1 + 10 * weight}"/>`;
      })
      .join("");
  }

  function drawTable() {
    const point = state.query_points[state.query];
    const [raw, shares] = [scores(point), weights(point)];
    find("caption").innerHTML = `Query <b>${LETTERS[state.query]}</b> at ${spell(point)}`;
    find(".divided").innerHTML = state.scaled ? "÷ √2 <i>T</i>" : "÷ <i>T</i>";
    find("tbody").innerHTML = shares
      .map(
        (share, n) => `
        <tr><th scope="row"><span class="swatch" style="background: ${colors[n].hex}"></span>${n + 1}</th>
            <td>${signed(raw[n])}</td><td>${signed(raw[n] / divisor())}</td>
            <td class="weight"><span class="bar" style="width: ${70 * share}%; background: ${colors[n].hex}"></span>
                <span class="share">${(100 * share).toFixed(0)} %</span></td></tr>`,
      )
      .join("");
    find(".outputs").innerHTML =
      "Output, red green blue: " +
      state.query_points
        .map((query, n) => {
          const output = mixture(weights(query));
          const numbers = output.map((v) => v.toFixed(2)).join(" ");
          return `<span class="output"><b>${LETTERS[n]}</b> <span class="swatch" style="background: ${css(output)}"></span>${numbers}</span>`;
        })
        .join("");
  }

  function drawHandles() {
    const box = find(".handles");
    const wanted = [
      ...state.key_points.map((point, index) => ({ kind: "key_points", index, point })),
      ...state.query_points.map((point, index) => ({ kind: "query_points", index, point })),
    ];
    while (box.children.length > wanted.length) box.lastChild.remove();
    while (box.children.length < wanted.length) box.append(handle());
    wanted.forEach(({ kind, index, point }, n) => {
      const button = box.children[n];
      const [x, y] = place(point);
      const isQuery = kind === "query_points";
      Object.assign(button.dataset, { kind, index });
      button.className = isQuery ? "query" : "key";
      button.classList.toggle("listed", isQuery && index === state.query);
      button.textContent = isQuery ? LETTERS[index] : index + 1;
      button.style.left = `${x}%`;
      button.style.top = `${y}%`;
      button.style.background = isQuery ? css(mixture(weights(point))) : colors[index].hex;
      button.setAttribute("aria-label", `${title({ kind, index })} at ${spell(point)}`);
    });
  }

  function drawAll() {
    if (!plane.clientWidth) return; // not on the page yet
    chosen.index = Math.min(chosen.index, state[chosen.kind].length - 1);
    drawField();
    drawLines();
    drawTable();
    drawHandles();
    check.checked = state.scaled;
    slider.value = Math.round((40 * Math.log(state.temperature / coldest)) / Math.log(hottest / coldest));
    slider.setAttribute("aria-valuetext", `temperature ${heat()}`);
    find(".heat b").textContent = heat();
    find(".add-query").disabled = state.query_points.length === most.query_points;
    find(".add-key").disabled = state.key_points.length === most.key_points;
    find(".remove").textContent = `Remove ${title(chosen)}`;
    find(".remove").disabled = state[chosen.kind].length === 1;
  }

  // In words
  const title = ({ kind, index }) =>
    kind === "query_points" ? `query ${LETTERS[index]}` : `${colors[index].name} key ${index + 1}`;
  const heat = () => state.temperature.toFixed(state.temperature < 1 ? 2 : 1);
  const describe = () =>
    `query ${LETTERS[state.query]} at ${spell(state.query_points[state.query])} looks ` +
    weights(state.query_points[state.query])
      .map((share, n) => `${(100 * share).toFixed(0)}% at ${colors[n].name} key ${n + 1}`)
      .join(", ");

  // What the learner does
  let timer = null;
  function change(update) {
    Object.assign(state, update);
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    drawAll();
    find(".spoken").textContent = describe();
  }
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    model.set(state);
    model.save_changes();
  }
  function move({ kind, index }, x, y) {
    const point = [x, y].map((v) => Math.round(100 * Math.min(Math.max(v, -reach), reach)) / 100);
    const points = state[kind].map((old, n) => (n === index ? point : old));
    change({ [kind]: points });
  }
  function choose(which) {
    chosen = which;
    change(which.kind === "query_points" ? { query: which.index } : {});
  }
  function add(kind) {
    if (state[kind].length === most[kind]) return;
    const n = state[kind].length;
    chosen = { kind, index: n };
    const point = kind === "query_points" ? [0, 0] : [[-1.5, -1.5], [1.5, 1.5], [1.5, -1.5], [-1.5, 1.5]][n % 4];
    change({ [kind]: [...state[kind], point], ...(kind === "query_points" ? { query: n } : {}) });
    focus(chosen);
  }
  function remove({ kind, index }) {
    if (state[kind].length === 1) return;
    const left = state[kind].filter((_, n) => n !== index);
    chosen = { kind, index: Math.min(index, left.length - 1) };
    const query = kind === "query_points" ? chosen.index : state.query;
    change({ [kind]: left, query });
  }
  const focus = ({ kind, index }) => find(`.handles [data-kind="${kind}"][data-index="${index}"]`)?.focus();

  function handle() {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.lmSuppressShortcuts = "true";
    const which = () => ({ kind: button.dataset.kind, index: Number(button.dataset.index) });
    let grip = null; // from the pointer to the middle of the handle, in pixels
    button.addEventListener("pointerdown", (event) => {
      const box = button.getBoundingClientRect();
      grip = [box.x + box.width / 2 - event.clientX, box.y + box.height / 2 - event.clientY];
      button.setPointerCapture(event.pointerId);
      choose(which());
    });
    button.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const box = plane.getBoundingClientRect();
      const [x, y] = [event.clientX + grip[0] - box.x, event.clientY + grip[1] - box.y];
      move(which(), (2 * x / box.width - 1) * reach, (1 - 2 * y / box.height) * reach);
    });
    for (const end of ["pointerup", "pointercancel"]) button.addEventListener(end, () => (grip = null));
    button.addEventListener("focus", () => {
      const { kind, index } = which();
      if (kind !== chosen.kind || index !== chosen.index) choose(which());
    });
    button.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const far = event.shiftKey ? 5 * STEP : STEP;
      const steps = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] };
      const { kind, index } = which();
      if (event.key in steps) {
        const [x, y] = state[kind][index];
        move(which(), x + steps[event.key][0], y + steps[event.key][1]);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        remove(which());
        focus(chosen);
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    return button;
  }

  check.addEventListener("change", () => change({ scaled: check.checked }));
  slider.addEventListener("input", () => {
    const exact = coldest * (hottest / coldest) ** (slider.value / 40);
    change({ temperature: Math.min(Math.max(Number(exact.toPrecision(2)), coldest), hottest) });
  });
  find(".add-query").addEventListener("click", () => add("query_points"));
  find(".add-key").addEventListener("click", () => add("key_points"));
  find(".remove").addEventListener("click", () => remove(chosen));

  // What the kernel or another view of this widget does
  const follow = NAMES.map((name) => {
    const update = () => {
      if (JSON.stringify(state[name]) === JSON.stringify(model.get(name))) return;
      NAMES.forEach((each) => (state[each] = model.get(each)));
      state.query = Math.min(state.query, state.query_points.length - 1);
      drawAll();
    };
    model.on(`change:${name}`, update);
    return () => model.off(`change:${name}`, update);
  });
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (plane.clientWidth !== width) drawAll();
    width = plane.clientWidth;
  });
  observer.observe(plane);

  return () => {
    if (timer !== null) tellKernel();
    follow.forEach((stop) => stop());
    observer.disconnect();
  };
}

const rgb = (hex) => [1, 3, 5].map((n) => parseInt(hex.slice(n, n + 2), 16) / 255);
const css = (color) => `rgb(${color.map((v) => Math.round(255 * v)).join(" ")})`;
const signed = (value) => value.toFixed(2).replace("-", "−");
const spell = ([x, y]) => `(${signed(x)}, ${signed(y)})`;

export default { render };
