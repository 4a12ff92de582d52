// pooling_lab: squares of a picture become one number each; then the picture moves.

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
    return numbers.reduce((a, b) => a + b) / numbers.length;
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
  const within = (row, column) => [
    clamp(row, 0, after.rows - 1),
    clamp(column, 0, after.columns - 1),
  ];
  const watch = watched({
    label: "Move the square: arrow keys, mouse or finger. Shift moves it by five.",
    tidy: (...place) => {
      const half = (state.pool_size - state.stride) / 2;
      return within(...place.map((at) => Math.floor((at - half) / state.stride)));
    },
    stepped: (down, across) => within(state.row + down, state.column + across),
    stay: (place) => ([state.row, state.column] = place),
    show: () => showPlace(),
  });
  const set = (key) => (value) => {
    // The square stays where it is in the picture; a new size brings its own stride, as in Keras.
    const [y, x] = [state.row * state.stride, state.column * state.stride];
    state[key] = value;
    if (key === "pool_size") state.stride = value;
    state.row = Math.round(y / state.stride);
    state.column = Math.round(x / state.stride);
    showAll();
  };
  const few = (legend, numbers, key) =>
    pills(box, {
      legend,
      options: numbers.map((n) => [n, String(n)]),
      value: state[key],
      changed: set(key),
    });
  const kind = pills(box, {
    legend: "Keep the",
    options: [
      ["max", "maximum"],
      ["average", "average"],
    ],
    value: state.mode,
    changed: set("mode"),
  });
  const size = few("Size", [2, 3, 4], "pool_size");
  const stride = few("Stride", [1, 2, 3, 4], "stride");
  const shift = (label, key) =>
    slider(box, {
      label,
      value: state[key],
      low: 0,
      high: 4,
      step: 1,
      changed: (value) => {
        state[key] = value;
        showAll();
      },
    });
  const toRight = shift("Move the picture to the right (pixels)", "translate_x");
  const downwards = shift("Move it down (pixels)", "translate_y");
  const shape = element("output", { class: "shape" });
  const square = block("lab-cells");
  const answer = quiet("big answer");
  const heard = spoken();
  const meters = ["meter", "meter warm"].map((look) => [live(), block(), look]);
  const meter = ([text, bar, look]) => block(null, text, block(look, bar));

  box.querySelector(".lab-body").replaceChildren(
    block("lab-row", kind, size, stride),
    element(
      "div",
      { class: "two", style: "margin-top: 0.8rem" },
      named("Picture, moved", pointable(left, watch)),
      named("Pooled", pointable(right, watch)),
    ),
    soft("A dot marks a pooled number that the move changed by more than a tenth of the range from 0 to 255."),
    block(
      "parts",
      block(
        "stack",
        toRight,
        downwards,
        block("lab-card stack", heading("Changed by more than a tenth"), ...meters.map(meter)),
      ),
      block(
        "stack",
        block(
          "lab-card",
          heading("In the square"),
          square,
          element("div", { style: "margin-top: 0.5rem" }, answer, heard),
        ),
        shape,
      ),
    ),
    linkRow(box, config.name, () => ({ ...state })),
  );

  // ---- showing

  function showPlace() {
    const [row, column] = watch.passing() || [state.row, state.column];
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
    const total = numbers.reduce((a, b) => a + b);
    const mean = `${total} / ${numbers.length} = ${shown(kept)}`;
    answer.textContent = state.mode === "max" ? `Largest = ${shown(kept)}` : mean;
    answer.append(element("span", { class: "soft" }, ` in row ${row + 1}, column ${column + 1}`));
    Object.assign(answer.dataset, { value: kept, row, column });
    if (!watch.passing()) heard.tell(answer.textContent);
  }

  function showDots(context, step) {
    const radius = Math.min(0.18 * step, 0.5);
    changes(before, after).forEach((changed, i) => {
      if (!changed) return;
      const [y, x] = [Math.floor(i / after.columns), i % after.columns];
      for (const [grow, colour] of [
        [1.6, "#000"],
        [1, "#ffb454"],
      ]) {
        context.fillStyle = colour;
        context.beginPath();
        context.arc((x + 0.5) * step, (y + 0.5) * step, radius * grow, 0, 7);
        context.fill();
      }
    });
  }

  function showShare([text, bar], what, a, b) {
    const list = changes(a, b);
    const count = list.reduce((sum, changed) => sum + changed, 0);
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
    const by = [rows, columns].map((length) =>
      placesText(length, state.pool_size, state.stride, places(length)),
    );
    shape.textContent = sizeText(rows, columns, ...by, after);
    Object.assign(shape.dataset, { rows: after.rows, columns: after.columns });
  }

  function showAll() {
    moved = shifted();
    before = pool(picture);
    after = pool(moved);
    movedImage = greyImage(moved, 0, 255);
    pooledImage = greyImage(after, 0, 255);
    [state.row, state.column] = within(state.row, state.column);
    const controls = {
      mode: kind,
      pool_size: size,
      stride,
      translate_x: toRight,
      translate_y: downwards,
    };
    for (const [key, control] of Object.entries(controls)) control.put(state[key]);
    left.setAttribute(
      "aria-label",
      `A chest X-ray of ${rows} by ${columns} pixels, ` +
        `moved ${state.translate_x} to the right and ${state.translate_y} down`,
    );
    right.setAttribute(
      "aria-label",
      `The same after pooling: ${after.rows} by ${after.columns} numbers`,
    );
    right.numbers = after.values;
    showSize();
    showShare(meters[0], "Pixels of the picture", picture, moved);
    showShare(meters[1], "Pooled numbers", before, after);
    showPlace();
  }

  showAll();
  followLinks(box, config.name, (found) => {
    const whole = (key, low, high) => linked(found, key, low, high, state[key], true);
    Object.assign(state, {
      pool_size: whole("pool_size", 2, 4),
      stride: whole("stride", 1, 4),
      mode: oneOf(found, "mode", ["max", "average"], state.mode),
      translate_x: whole("translate_x", 0, 4),
      translate_y: whole("translate_y", 0, 4),
      row: whole("row", 0, 63),
      column: whole("column", 0, 63),
    });
    showAll();
  });
}
