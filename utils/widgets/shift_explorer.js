// A map, its shifted copy and the mask of one window, drawn here without the kernel, which hears late (after LATE
// milliseconds without a change) of the shift and of the token that was selected.

const LATE = 150;
const SVG = "http://www.w3.org/2000/svg";
const UNIT = 10; // side of a place, in units of the drawings

const TEMPLATE = `
  <label class="slider">shift <input type="range" min="0" step="1" aria-label="Shift" data-lm-suppress-shortcuts="true"><output></output></label>
  <p class="where"></p>
  <div class="panels">
    <figure class="before"><h3>the map and its pieces</h3></figure>
    <figure class="after"><h3>the shifted map in windows</h3></figure>
    <figure class="mask"><h3></h3><p class="axes">row: who looks; column: who is looked at</p></figure>
  </div>
  <p class="legend"></p>
  <p class="hint">Click a token or use the arrow keys. Point at another one, or at a pair in the mask, to follow it.</p>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("shift-explorer");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);

  const [H, W] = model.get("_grid");
  const M = model.get("_window");
  const N = M * M;
  const colours = model.get("_colours");
  const names = model.get("_names");
  let shift = model.get("shift");
  let cell = model.get("cell");
  let hovered = null; // the token under the pointer, in the mask that of the row
  let key = null; // in the mask, the token of the column

  const slider = find("input");
  slider.max = M;
  find(".legend").innerHTML = names
    .map((name, n) => `<span><i style="background: ${colours[n]}"></i>${n}: ${name}</span>`)
    .join(" ");

  // Where a token is after the shift, and what follows from it
  const mod = (a, b) => ((a % b) + b) % b;
  const moved = (token) => [mod(Math.floor(token / W) - shift, H), mod((token % W) - shift, W)];
  const token_at = (row, column) => mod(row + shift, H) * W + mod(column + shift, W);
  const region = ([row, column]) => 2 * (row >= H - shift) + (column >= W - shift);
  const window_of = ([row, column]) => Math.floor(row / M) * (W / M) + Math.floor(column / M);
  const inside = (number) => {
    const [top, left] = [Math.floor(number / (W / M)) * M, (number % (W / M)) * M];
    return Array.from({ length: N }, (_, k) => token_at(top + Math.floor(k / M), left + (k % M)));
  };
  const sees = (one, other) =>
    window_of(moved(one)) === window_of(moved(other)) && region(moved(one)) === region(moved(other));

  // The drawings: places once, their colours and marks again and again
  const make = (parent, name, attributes = {}) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    parent.append(node);
    return node;
  };
  function drawing(figure, rows, columns) {
    const box = `${-0.6} ${-0.6} ${columns * UNIT + 1.2} ${rows * UNIT + 1.2}`;
    const svg = make(find(figure), "svg", { viewBox: box });
    find(figure).querySelector("h3").after(svg);
    const paper = { x: 0, y: 0, width: columns * UNIT, height: rows * UNIT };
    make(svg, "rect", { ...paper, fill: "#fff" }); // so that faint places are pale in both themes
    const places = [];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const at = { x: column * UNIT, y: row * UNIT, width: UNIT, height: UNIT };
        places.push(make(svg, "rect", { ...at, class: "place" }));
      }
    return { svg, places, rows, columns };
  }
  function map(figure, label) {
    const it = drawing(figure, H, W);
    it.numbers = it.places.map((place) =>
      make(it.svg, "text", { x: +place.getAttribute("x") + UNIT / 2, y: +place.getAttribute("y") + UNIT / 2 }),
    );
    it.marks = it.places.map((place) => {
      const at = { x: +place.getAttribute("x") + 0.9, y: +place.getAttribute("y") + 0.9 };
      return make(it.svg, "rect", { ...at, width: UNIT - 1.8, height: UNIT - 1.8, class: "mark" });
    });
    it.borders = make(it.svg, "path", { class: "borders" });
    it.svg.setAttribute("tabindex", 0);
    it.svg.setAttribute("role", "application");
    it.svg.setAttribute("aria-roledescription", "map of tokens");
    it.svg.setAttribute("data-lm-suppress-shortcuts", "true");
    it.svg.setAttribute("aria-label", `${label}, ${H} rows of ${W} tokens. Arrow keys move the selected token.`);
    return it;
  }
  const before = map(".before", "The map");
  const after = map(".after", "The shifted map");
  const mask = drawing(".mask", N, N);
  mask.row = make(mask.svg, "rect", { class: "row", x: 0, width: N * UNIT, height: UNIT });
  mask.column = make(mask.svg, "rect", { class: "column", y: 0, width: UNIT, height: N * UNIT });

  function draw_map(it, token, borders) {
    const at = hovered ?? cell;
    it.places.forEach((place, i) => {
      const one = token(Math.floor(i / W), i % W);
      const together = window_of(moved(one)) === window_of(moved(at));
      place.setAttribute("fill", colours[region(moved(one))]);
      place.setAttribute("opacity", together ? 1 : 0.5);
      it.numbers[i].textContent = one;
      it.numbers[i].setAttribute("class", sees(at, one) ? "seen" : "");
      const mark = one === at ? " chosen" : one === key ? " key" : sees(at, one) ? " seen" : "";
      it.marks[i].setAttribute("class", "mark" + mark);
    });
    const [rows, columns] = borders;
    it.borders.setAttribute(
      "d",
      rows.map((row) => `M0 ${row * UNIT}H${W * UNIT}`).join("") +
        columns.map((column) => `M${column * UNIT} 0V${H * UNIT}`).join(""),
    );
  }
  const every = (first, side) => {
    const found = [0];
    for (let edge = first || M; edge < side; edge += M) found.push(edge);
    return [...found, side];
  };
  function draw() {
    slider.value = shift;
    find("output").textContent = shift;
    const first = shift % M;
    draw_map(before, (row, column) => row * W + column, [every(first, H), every(first, W)]);
    draw_map(after, token_at, [every(0, H), every(0, W)]);

    const at = hovered ?? cell;
    const number = window_of(moved(at));
    const tokens = inside(number);
    mask.places.forEach((place, k) =>
      place.setAttribute("class", "place " + (sees(tokens[Math.floor(k / N)], tokens[k % N]) ? "may" : "may-not")),
    );
    mask.row.setAttribute("y", tokens.indexOf(at) * UNIT);
    mask.column.setAttribute("x", tokens.indexOf(key) * UNIT);
    mask.column.setAttribute("visibility", key === null ? "hidden" : "visible");
    find(".mask h3").textContent = `mask of window ${number}`;
    const pair = key === null ? "" : `, ${sees(at, key) ? "also" : "not"} at token <b>${key}</b>`;
    find(".where").innerHTML = (hovered === null ? "Selected" : "Pointing at") + sentence(at, pair);
  }
  function sentence(token, pair = "") {
    const count = inside(window_of(moved(token))).filter((other) => sees(token, other)).length;
    return (
      `: token <b>${token}</b>, row ${Math.floor(token / W)}, column ${token % W}. ` +
      `Window <b>${window_of(moved(token))}</b>, region <b>${region(moved(token))}</b>: ` +
      `it may look at <b>${count}</b> of ${N} tokens${pair}.`
    );
  }

  // What the learner does
  let timer = null;
  const say = () => (find(".spoken").innerHTML = `shift ${shift}${sentence(cell)}`);
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    model.set({ shift, cell });
    model.save_changes();
  }
  function change(to) {
    [shift, cell, key] = [to.shift ?? shift, to.cell ?? cell, null];
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    draw();
    say();
  }
  function point(token, other = null) {
    if (token === hovered && other === key) return;
    [hovered, key] = [token, other];
    draw();
  }
  slider.addEventListener("input", () => change({ shift: Number(slider.value) }));

  const place_at = ({ svg, rows, columns }, event) => {
    const box = svg.getBoundingClientRect();
    const clamp = (value, high) => Math.min(Math.max(Math.floor(value), 0), high - 1);
    const scale = (columns * UNIT + 1.2) / box.width;
    return [
      clamp(((event.clientY - box.top) * scale - 0.6) / UNIT, rows),
      clamp(((event.clientX - box.left) * scale - 0.6) / UNIT, columns),
    ];
  };
  for (const [it, token, place] of [
    [before, (row, column) => row * W + column, (one) => [Math.floor(one / W), one % W]],
    [after, token_at, moved],
  ]) {
    it.svg.addEventListener("pointermove", (event) => point(token(...place_at(it, event))));
    it.svg.addEventListener("pointerdown", (event) => change({ cell: token(...place_at(it, event)) }));
    it.svg.addEventListener("focus", say);
    it.svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const [row, column] = place(cell);
      const steps = {
        ArrowLeft: [row, column - 1],
        ArrowRight: [row, column + 1],
        ArrowUp: [row - 1, column],
        ArrowDown: [row + 1, column],
        Home: [0, 0],
        End: [H - 1, W - 1],
      };
      if (!(event.key in steps)) return;
      event.preventDefault();
      [hovered, key] = [null, null];
      const [r, c] = steps[event.key];
      if (r >= 0 && r < H && c >= 0 && c < W) change({ cell: token(r, c) });
      else draw();
    });
  }
  mask.svg.addEventListener("pointermove", (event) => {
    const tokens = inside(window_of(moved(cell))); // the mask is that of the selected token's window
    point(...place_at(mask, event).map((k) => tokens[k]));
  });
  mask.svg.addEventListener("pointerdown", (event) =>
    change({ cell: inside(window_of(moved(cell)))[place_at(mask, event)[0]] }),
  );
  for (const it of [before, after, mask])
    for (const end of ["pointerleave", "pointercancel"]) it.svg.addEventListener(end, () => point(null));

  // What the kernel or another view of this widget does
  const follow = () => {
    if (shift === model.get("shift") && cell === model.get("cell")) return;
    [shift, cell, hovered, key] = [model.get("shift"), model.get("cell"), null, null];
    draw();
  };
  model.on("change:shift", follow);
  model.on("change:cell", follow);
  draw();

  return () => {
    if (timer !== null) tellKernel();
    model.off("change:shift", follow);
    model.off("change:cell", follow);
  };
}

export default { render };
