// pooling_lab: squares of a map of edges become one number each; then the image moves.

function startLab(box, config) {
  const picture = decodeImage(config.image);
  const { rows, columns } = picture;
  const state = { ...config.start };
  const SIZES = [2, 3, 4];
  const MOST = 1.5; // the share at which a bar is full
  const still = edgesOf(picture);
  const white = Math.max(...still.values);
  let edges, before, after, edgeImage, pooledImage;

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

  // What the kernel answers above zero; around the image there is black, as in Keras' "same".
  function edgesOf(image) {
    const values = image.values.map((_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      let sum = 0;
      for (let k = 0; k < 9; k++)
        sum += config.kernel[k] * pixelOf(image, row - 1 + Math.floor(k / 3), column - 1 + (k % 3));
      return Math.max(sum, 0);
    });
    return { rows, columns, values };
  }

  const places = (length, size, step) => Math.floor((length - size) / step) + 1;

  function squareAt(values, row, column, size, step) {
    const numbers = [];
    for (let i = 0; i < size; i++) {
      const from = (row * step + i) * columns + column * step;
      for (let j = 0; j < size; j++) numbers.push(values[from + j]);
    }
    return numbers;
  }

  function one(numbers) {
    if (state.mode === "max") return Math.max(...numbers);
    return total(numbers) / numbers.length;
  }

  function pool({ values }, size = state.pool_size, step = state.stride) {
    const [tall, wide] = [rows, columns].map((length) => places(length, size, step));
    const pooled = { rows: tall, columns: wide, values: [] };
    for (let row = 0; row < tall; row++) {
      for (let column = 0; column < wide; column++) {
        pooled.values.push(one(squareAt(values, row, column, size, step)));
      }
    }
    return pooled;
  }

  const gaps = (a, b) => a.values.map((value, i) => Math.abs(value - b.values[i]));
  const changeOf = (a, b) => total(gaps(a, b)) / (total([...a.values]) || 1);

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
    pool_size: few("Size", SIZES, "pool_size"),
    stride: few("Stride", [1, 2, 3, 4], "stride"),
    translate_x: knob("translate_x", "Move the image to the right (pixels)", [0, 4], { step: 1 }),
    translate_y: knob("translate_y", "Move it down (pixels)", [0, 4], { step: 1 }),
  };
  const { mode, pool_size: size, stride } = controls;
  const shape = element("output", { class: "shape" });
  const square = block("lab-cells");
  const answer = quiet("big answer");
  const heard = spoken();
  const meters = [0, ...SIZES].map((size) => {
    const [text, bar] = [quiet("change"), block()];
    return { size, text, bar, whole: block(null, text, block(size ? "meter warm" : "meter", bar)) };
  });
  const told = spoken();

  furnish(
    box,
    () => state,
    block("lab-row", mode, size, stride),
    block(
      "two gap",
      named("Edges, moved", pointable(left, watch)),
      named("Pooled", pointable(right, watch)),
    ),
    soft("White is the strongest edge. A dot: the move changed this pooled number by over a tenth of that."),
    block(
      "parts",
      block(
        "stack",
        controls.translate_x,
        controls.translate_y,
        block(
          "lab-card stack",
          heading("How much the move changed"),
          ...meters.map(({ whole }) => whole),
          soft("The mean change, as a share of the mean number in the map."),
          told,
        ),
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
      context.drawImage(edgeImage, 0, 0);
      frame(context, column * step, row * step, side, side, side);
    });
    const half = (side - step) / 2;
    right.redraw((context) => {
      context.translate(half, half);
      context.drawImage(pooledImage, 0, 0, after.columns * step, after.rows * step);
      showDots(context, step);
      frame(context, column * step, row * step, step, step);
    });
    const numbers = squareAt(edges.values, row, column, side, step);
    const kept = after.values[row * after.columns + column];
    const best = state.mode === "max" ? numbers.indexOf(kept) : -1;
    square.style.gridTemplateColumns = `repeat(${side}, 1fr)`;
    square.replaceChildren(
      ...numbers.map((number, i) => {
        const grey = Math.min((255 * number) / white, 255);
        const style = `background: rgb(${grey}, ${grey}, ${grey})`;
        const swatch = element("i", { class: "swatch", style });
        return block(i === best ? "lab-cell best" : "lab-cell", swatch, String(number));
      }),
    );
    const mean = `${total(numbers)} / ${numbers.length} = ${shown(kept)}`;
    const text = state.mode === "max" ? `Largest = ${shown(kept)}` : mean;
    tellNumber(answer, heard, text, kept, [row, column], watch.passing());
  }

  function showDots(context, step) {
    const radius = Math.min(0.18 * step, 0.5);
    gaps(before, after).forEach((gap, i) => {
      if (gap <= white / 10) return;
      const [y, x] = [Math.floor(i / after.columns), i % after.columns];
      for (const [grow, colour] of [[1.6, "#000"], [1, "#ffb454"]]) {
        context.fillStyle = colour;
        context.beginPath();
        context.arc((x + 0.5) * step, (y + 0.5) * step, radius * grow, 0, 7);
        context.fill();
      }
    });
  }

  // The chosen size with the chosen stride, the others with their own.
  function showChanges() {
    for (const { size, text, bar } of meters) {
      const step = size === state.pool_size ? state.stride : size;
      const share = size
        ? changeOf(pool(still, size, step), pool(edges, size, step))
        : changeOf(still, edges);
      const what = size ? `Pooled by ${size} × ${size}` : "The map of edges";
      const stride = size && step !== size ? `, stride ${step}` : "";
      const number = element("strong", null, `${Math.round(100 * share)} %`);
      text.replaceChildren(`${what}${stride}: `, number);
      text.classList.toggle("on", size === state.pool_size);
      text.dataset.share = share;
      bar.style.width = `${clamp((100 * share) / MOST, 0, 100)}%`;
    }
    told.tell(meters.map(({ text }) => text.textContent).join(". "));
  }

  function showSize() {
    const { pool_size: side, stride: step } = state;
    const by = [rows, columns].map((length) => placesText(length, side, step, places(length, side, step)));
    shape.textContent = sizeText(rows, columns, ...by, after);
    Object.assign(shape.dataset, { rows: after.rows, columns: after.columns });
  }

  function showAll() {
    edges = edgesOf(shifted());
    before = pool(still);
    after = pool(edges);
    edgeImage = greyImage(edges, 0, white);
    pooledImage = greyImage(after, 0, white);
    watch.stayWithin();
    for (const [key, control] of Object.entries(controls)) control.put(state[key]);
    relabel(
      left,
      `The edges of a chest X-ray of ${rows} by ${columns} pixels, ` +
      `moved ${state.translate_x} to the right and ${state.translate_y} down`,
    );
    relabel(right, `The same after pooling: ${after.rows} by ${after.columns} numbers`);
    right.numbers = after.values;
    showSize();
    showChanges();
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
