// pooling_lab: squares of an image become one number each; then the image moves.

function startLab(box, config) {
  const picture = decodeImage(config.image);
  const { rows, columns } = picture;
  const state = { ...config.start };
  const TENTH = 25.5; // of the range 0 to 255
  let moved, before, after, movedImage, pooledImage;

  // What moves in from outside repeats the edge.
  function shifted() {
    const values = new Float64Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const from = Math.max(row - state.translate_y, 0) * columns;
      for (let column = 0; column < columns; column++) {
        values[row * columns + column] = picture.values[from + Math.max(column - state.translate_x, 0)];
      }
    }
    return { rows, columns, values };
  }

  const places = (length) => Math.floor((length - state.pool_size) / state.stride) + 1;

  function squareAt(values, row, column) {
    const numbers = [];
    for (let i = 0; i < state.pool_size; i++) {
      const from = (row * state.stride + i) * columns + column * state.stride;
      for (let j = 0; j < state.pool_size; j++) numbers.push(values[from + j]);
    }
    return numbers;
  }

  function one(numbers) {
    if (state.mode === "max") return Math.max(...numbers);
    return total(numbers) / numbers.length;
  }

  function pool({ values }) {
    const pooled = { rows: places(rows), columns: places(columns), values: [] };
    for (let row = 0; row < pooled.rows; row++) {
      for (let column = 0; column < pooled.columns; column++) {
        pooled.values.push(one(squareAt(values, row, column)));
      }
    }
    return pooled;
  }

  const changes = (a, b) =>
    a.values.map((value, i) => (Math.abs(value - b.values[i]) > TENTH ? 1 : 0));

  // ---- the parts on the page

  const left = pixelCanvas(picture, 0, "");
  const right = pixelCanvas(picture, 0, "");
  const watch = watchedCell({
    label: "square",
    state,
    result: () => after,
    tidy: (...place) => {
      const half = (state.pool_size - state.stride) / 2;
      return place.map((at) => Math.floor((at - half) / state.stride));
    },
    show: () => showPlace(),
  });
  const set = (key) => (value) => {
    // The square stays where it is in the image; a new size brings its own stride, as in Keras.
    const [y, x] = [state.row * state.stride, state.column * state.stride];
    state[key] = value;
    if (key === "pool_size") state.stride = value;
    state.row = Math.round(y / state.stride);
    state.column = Math.round(x / state.stride);
    showAll();
  };
  const few = (legend, options, key) => pills(box, { legend, options, changed: set(key) });
  const modes = [["max", "maximum"], ["average", "average"]];
  const knob = turning(box, put);
  const controls = {
    mode: few("Keep the", modes, "mode"),
    pool_size: few("Size", [2, 3, 4], "pool_size"),
    stride: few("Stride", [1, 2, 3, 4], "stride"),
    translate_x: knob("translate_x", "Move the image to the right (pixels)", [0, 4], { step: 1 }),
    translate_y: knob("translate_y", "Move it down (pixels)", [0, 4], { step: 1 }),
  };
  const { mode, pool_size: size, stride } = controls;
  const shape = element("output", { class: "shape" });
  const square = block("lab-cells");
  const answer = quiet("big answer");
  const heard = spoken();
  const meters = ["meter", "meter warm"].map((look) => [live(), block(), look]);
  const meter = ([text, bar, look]) => block(null, text, block(look, bar));

  furnish(
    box,
    () => state,
    block("lab-row", mode, size, stride),
    block(
      "two gap",
      named("Image, moved", pointable(left, watch)),
      named("Pooled", pointable(right, watch)),
    ),
    soft("A dot marks a pooled number that the move changed by more than a tenth of the range from 0 to 255."),
    block(
      "parts",
      block(
        "stack",
        controls.translate_x,
        controls.translate_y,
        block("lab-card stack", heading("Changed by more than a tenth"), ...meters.map(meter)),
      ),
      block(
        "stack",
        block("lab-card", heading("In the square"), square, block("close", answer, heard)),
        shape,
      ),
    ),
  );

  // ---- showing

  function showPlace() {
    const [row, column] = watch.cell();
    const { pool_size: side, stride: step } = state;
    left.redraw((context) => {
      context.drawImage(movedImage, 0, 0);
      frame(context, column * step, row * step, side, side, side);
    });
    const half = (side - step) / 2;
    right.redraw((context) => {
      context.translate(half, half);
      context.drawImage(pooledImage, 0, 0, after.columns * step, after.rows * step);
      showDots(context, step);
      frame(context, column * step, row * step, step, step);
    });
    const numbers = squareAt(moved.values, row, column);
    const kept = after.values[row * after.columns + column];
    const best = state.mode === "max" ? numbers.indexOf(kept) : -1;
    square.style.gridTemplateColumns = `repeat(${side}, 1fr)`;
    square.replaceChildren(
      ...numbers.map((number, i) => {
        const grey = `background: rgb(${number}, ${number}, ${number})`;
        const swatch = element("i", { class: "swatch", style: grey });
        return block(i === best ? "lab-cell best" : "lab-cell", swatch, String(number));
      }),
    );
    const mean = `${total(numbers)} / ${numbers.length} = ${shown(kept)}`;
    const text = state.mode === "max" ? `Largest = ${shown(kept)}` : mean;
    tellNumber(answer, heard, text, kept, [row, column], watch.passing());
  }

  function showDots(context, step) {
    const radius = Math.min(0.18 * step, 0.5);
    changes(before, after).forEach((changed, i) => {
      if (!changed) return;
      const [y, x] = [Math.floor(i / after.columns), i % after.columns];
      for (const [grow, colour] of [[1.6, "#000"], [1, "#ffb454"]]) {
        context.fillStyle = colour;
        context.beginPath();
        context.arc((x + 0.5) * step, (y + 0.5) * step, radius * grow, 0, 7);
        context.fill();
      }
    });
  }

  function showShare([text, bar], what, a, b) {
    const list = changes(a, b);
    const count = total(list);
    const share = count / list.length;
    text.replaceChildren(
      `${what}: `,
      element("strong", null, `${Math.round(100 * share)} %`),
      element("span", { class: "soft" }, ` (${count} of ${list.length})`),
    );
    text.dataset.share = share;
    bar.style.width = `${100 * share}%`;
  }

  function showSize() {
    const { pool_size: side, stride: step } = state;
    const by = [rows, columns].map((length) => placesText(length, side, step, places(length)));
    shape.textContent = sizeText(rows, columns, ...by, after);
    Object.assign(shape.dataset, { rows: after.rows, columns: after.columns });
  }

  function showAll() {
    moved = shifted();
    before = pool(picture);
    after = pool(moved);
    movedImage = greyImage(moved, 0, 255);
    pooledImage = greyImage(after, 0, 255);
    watch.stayWithin();
    for (const [key, control] of Object.entries(controls)) control.put(state[key]);
    relabel(
      left,
      `A chest X-ray of ${rows} by ${columns} pixels, ` +
      `moved ${state.translate_x} to the right and ${state.translate_y} down`,
    );
    relabel(right, `The same after pooling: ${after.rows} by ${after.columns} numbers`);
    right.numbers = after.values;
    showSize();
    showShare(meters[0], "Pixels of the image", picture, moved);
    showShare(meters[1], "Pooled numbers", before, after);
    showPlace();
  }

  function put(next) {
    Object.assign(state, next);
    showAll();
  }

  const allowed = {
    pool_size: [2, 4, true],
    stride: [1, 4, true],
    mode: ["max", "average"],
    translate_x: [0, 4, true],
    translate_y: [0, 4, true],
    row: [0, 63, true],
    column: [0, 63, true],
  };
  begin(box, state, allowed, put);
}
