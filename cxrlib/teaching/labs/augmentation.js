// augmentation_lab: a radiograph is turned, moved, zoomed, flipped and exposed, as in
// cxrlib.data.augmentation.apply_transforms, and each change is doubted.

function startLab(box, config) {
  const picture = decodeImage(config.image);
  const { rows, columns } = picture;
  const input = greyImage(picture, 0, 255);
  const { limits, recipes, verdicts } = config;
  // Degrees, percent and gamma, as they are read on the page.
  const state = { ...config.start };
  const AS_IT_IS = { zoom_x: 100, zoom_y: 100, contrast: 100, gamma: 1 };
  const usual = (key) => AS_IT_IS[key] || 0;
  let changed;

  // ---- the arithmetic

  // TensorFlow looks places up in float32. Rounding where it rounds leaves the same pixel beyond
  // the edge, which matters where a fill jumps there.
  const f = Math.fround;
  const share = (key) => f(state[key] / 100);

  function lookUp() {
    const radians = f(Math.PI / 180);
    const turn = f(f(state.rotation) * radians);
    const lean = f(Math.tan(f(f(state.shear) * radians)));
    const [cos, sin] = [f(Math.cos(turn)), f(Math.sin(turn))];
    const flipX = state.horizontal_flip ? -1 : 1;
    const flipY = state.vertical_flip ? -1 : 1;
    const a = f((cos * flipX) / share("zoom_x"));
    const b = f((sin * flipX) / share("zoom_x"));
    const d = f((f(-sin - f(lean * cos)) * flipY) / share("zoom_y"));
    const e = f((f(cos - f(lean * sin)) * flipY) / share("zoom_y"));
    const [middleX, middleY] = [(columns - 1) / 2, (rows - 1) / 2];
    const x0 = f(middleX + f(share("translate_x") * columns));
    const y0 = f(middleY + f(share("translate_y") * rows));
    const c = f(f(middleX - f(a * x0)) - f(b * y0));
    const g = f(f(middleY - f(d * x0)) - f(e * y0));
    return (x, y) => [f(f(f(a * x) + f(b * y)) + c), f(f(f(d * x) + f(e * y)) + g)];
  }

  // Where a place is looked up, if it may lie outside.
  const FILLS = {
    nearest: (at) => at,
    constant: (at) => at,
    reflect: (at, length) => {
      const twice = 2 * length;
      if (at < 0) {
        const near = f(at + twice * Math.trunc(-at / twice));
        return near < -length ? f(near + twice) : f(-near - 1);
      }
      const near = f(at - twice * Math.trunc(at / twice));
      return near >= length ? f(twice - near - 1) : near;
    },
    // TensorFlow counts rounds of length - 1 but goes back by length; so does this.
    wrap: (at, length) => {
      if (at < 0) return f(at + length * (Math.trunc(-at / (length - 1)) + 1));
      if (at > length - 1) return f(at - length * Math.trunc(at / (length - 1)));
      return at;
    },
  };

  function within(at, length) {
    const inside = FILLS[state.fill_mode](at, length);
    return state.fill_mode === "constant" ? inside : clamp(inside, 0, length - 1);
  }

  function between(x, y) {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, down] = [x - left, y - top];
    const inRow = (row) => (1 - right) * pixelOf(picture, row, left) + right * pixelOf(picture, row, left + 1);
    return (1 - down) * inRow(top) + down * inRow(top + 1);
  }

  // A pixel was not on the original if its middle lies outside of it.
  const LEEWAY = 0.5 + 1e-3;
  const beyond = (at, length) => at < -LEEWAY || at > length - 1 + LEEWAY;

  function change() {
    const place = lookUp();
    const values = new Float64Array(rows * columns);
    let outside = 0;
    for (let i = 0; i < values.length; i++) {
      const [x, y] = place(i % columns, Math.floor(i / columns));
      if (beyond(x, columns) || beyond(y, rows)) outside++;
      values[i] = between(within(x, columns), within(y, rows));
    }
    expose(values);
    return { rows, columns, values, outside: (100 * outside) / values.length };
  }

  function expose(values) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      values[i] = (values[i] / 255) ** state.gamma;
      sum += values[i];
    }
    const mean = sum / values.length;
    const [factor, more] = [state.contrast / 100, state.brightness / 100];
    for (let i = 0; i < values.length; i++) {
      const grey = (values[i] - mean) * factor + mean + more;
      values[i] = 255 * clamp(grey, 0, 1);
    }
  }

  // ---- a draw from a recipe; cut towards the image as it is, so that it stays within limits

  function draw(recipe) {
    const around = (reach) => reach * (2 * Math.random() - 1);
    const coin = () => Math.floor(2 * Math.random());
    const cut = (key, distance, digits = 1) => {
      const whole = Math.trunc(distance * 10 ** digits) / 10 ** digits;
      return Number((usual(key) + whole).toFixed(digits));
    };
    const percent = (key, reach) => cut(key, around(100 * reach));
    const zoom = percent("zoom_x", recipe.zoom);
    return {
      rotation: cut("rotation", around(recipe.rotation)),
      translate_x: percent("translate_x", recipe.translation),
      translate_y: percent("translate_y", recipe.translation),
      zoom_x: zoom,
      zoom_y: recipe.anisotropic_zoom ? percent("zoom_y", recipe.zoom) : zoom,
      shear: cut("shear", around(recipe.shear), 2),
      horizontal_flip: recipe.horizontal_flip ? coin() : 0,
      vertical_flip: recipe.vertical_flip ? coin() : 0,
      contrast: percent("contrast", recipe.contrast),
      brightness: percent("brightness", recipe.brightness),
      gamma: cut("gamma", Math.exp(around(Math.log1p(recipe.gamma))) - 1, 3),
      fill_mode: recipe.fill_mode,
    };
  }

  // ---- the parts on the page

  const left = pixelCanvas(picture, 0, `A chest X-ray of ${rows} by ${columns} pixels, as it is`);
  const right = pixelCanvas(picture, 0, "");
  const HINT = "Each press draws anew. What comes in from outside is set as in the recipe.";
  const drawn = element("output", { class: "soft drawn", style: "margin-top: 0.4rem", "aria-live": "polite" }, HINT);
  const put = (next, sentence = HINT) => {
    Object.assign(state, next);
    drawn.textContent = sentence;
    showAll();
  };
  const buttons = Object.entries(recipes).map(([text, recipe]) =>
    press(text, () => put(draw(recipe), recipe.description)),
  );
  const turn = turning(box, put);
  const knob = (key, label, unit, more) => {
    const says = (value) => `${shown(value)}${unit}`;
    return turn(key, label, limits[key], { step: 1, whole: false, write: short, says, ...more });
  };
  const alike = { changed: (value) => put({ zoom_x: value, zoom_y: value }) };
  const knobs = {
    rotation: knob("rotation", "Turn clockwise (degrees)", " degrees"),
    translate_x: knob("translate_x", "Move to the right (%)", " percent"),
    translate_y: knob("translate_y", "Move down (%)", " percent"),
    zoom: knob("zoom_x", "Zoom (%)", " percent", alike),
    contrast: knob("contrast", "Contrast (%)", " percent"),
    brightness: knob("brightness", "Brightness (%)", " percent"),
    gamma: knob("gamma", "Gamma, above 1 darker", "", { step: 0.05 }),
  };
  const stretched = element("p", { class: "soft stretched" });
  const flips = switches({
    legend: "Flip",
    options: [["horizontal_flip", "mirrored"], ["vertical_flip", "upside down"]],
    changed: (key, on) => put({ [key]: Number(on) }),
  });
  const fill = pills(box, {
    legend: "Comes in from outside",
    options: [
      ["nearest", "edge repeated (nearest)"],
      ["constant", "black (constant)"],
      ["reflect", "mirrored (reflect)"],
      ["wrap", "other side (wrap)"],
    ],
    changed: (value) => put({ fill_mode: value }),
  });
  const size = element("output", { class: "soft" });
  const answer = live("big answer");
  const list = element("ul", { class: "lab-verdicts" });

  const { rotation, translate_x: across, translate_y: down, zoom, contrast, brightness, gamma } = knobs;
  furnish(
    box,
    () => state,
    fieldset("Draw from a recipe", ...buttons),
    drawn,
    block(
      "bench gap",
      block(
        "seen",
        block(
          "two",
          named("As it is", left, soft(`${rows} × ${columns} pixels`)),
          named("Changed", right, size),
        ),
        block("lab-card gap", heading("Would a radiographer see this?"), answer),
      ),
      block("knobs", rotation, across, down, zoom, stretched, contrast, brightness, gamma, flips, fill),
      block(
        "why",
        list,
        soft("Rules of thumb for a child's chest X-ray, for judging an augmentation and nothing else."),
      ),
    ),
  );

  // ---- showing

  const percent = (value) => (value < 1 ? "less than 1 %" : `${Math.round(value)} %`);
  const both = (first, second) => [first, second].filter(Boolean).join(", ");
  const toward = (value, positive, negative) =>
    value && `${shown(Math.abs(value))}\u00a0% ${value > 0 ? positive : negative}`;
  const stretch = () => `${shown(state.zoom_x)} % across, ${shown(state.zoom_y)} % down`;
  const MADE_UP = {
    nearest: "its edge is repeated",
    constant: "that part is black",
    reflect: "it is mirrored at its edge",
    wrap: "its other side comes in",
  };

  // Key, name, how far from the image as it is, and what was done; 0: nothing.
  function changes() {
    const { rotation: turn, zoom_x: zoomX, zoom_y: zoomY, shear } = state;
    const off = (value) => Math.abs(value - 100);
    const zoomed = zoomX === zoomY ? `${shown(zoomX)} %` : stretch();
    const way = turn > 0 ? "clockwise" : "anticlockwise";
    const moved = both(
      toward(state.translate_x, "to the right", "to the left"),
      toward(state.translate_y, "down", "up"),
    );
    const curve = Math.max(state.gamma, 1 / state.gamma);
    const brighter = state.brightness > 0 ? "brighter" : "darker";
    const made = `${percent(changed.outside)} of this image was not on the original`;
    return [
      ["rotation", "turn", Math.abs(turn), `Turned ${shown(Math.abs(turn))}° ${way}`],
      ["translation", "move", Math.max(Math.abs(state.translate_x), Math.abs(state.translate_y)), `Moved ${moved}`],
      ["zoom", "zoom", Math.max(off(zoomX), off(zoomY)), `Zoomed to ${zoomed}`],
      ["anisotropic_zoom", "stretch", Math.abs(zoomX - zoomY), "Stretched one way"],
      ["shear", "shear", Math.abs(shear), `Sheared ${shown(shear)}°`],
      ["horizontal_flip", "mirror", state.horizontal_flip, "Mirrored"],
      ["vertical_flip", "upside down", state.vertical_flip, "Upside down"],
      ["contrast", "contrast", off(state.contrast), `Contrast ${shown(state.contrast)} %`],
      [
        "brightness",
        "brightness",
        Math.abs(state.brightness),
        `${shown(Math.abs(state.brightness))} % ${brighter}`,
      ],
      ["gamma", "gamma", curve === 1 ? 0 : curve, `Gamma ${shown(state.gamma)}`],
      ["outside", "made-up border", changed.outside, `${made}; ${MADE_UP[state.fill_mode]}`],
    ].filter(([, , distance]) => distance > 0);
  }

  function judged([key, name, distance, done]) {
    const [, word, why] = verdicts[key].find(([upTo]) => upTo === null || distance <= upTo + 1e-9);
    return { key, name, done, word, why };
  }

  function showVerdicts() {
    const rows = changes().map(judged);
    const worst = ["no", "rarely", "yes"].find((word) => rows.some((row) => row.word === word));
    const names = rows.filter(({ word }) => word === worst).map(({ name }) => name);
    const because = `because of: ${names.join(", ")}.`;
    const sentence = { no: `No, ${because}`, rarely: `Rarely, ${because}`, yes: "Yes." }[worst];
    say(answer, sentence || "Yes: the image as it is.");
    list.replaceChildren(
      ...rows.map(({ key, done, word, why }) =>
        element(
          "li",
          { "data-key": key, "data-word": word },
          element("b", { class: "word" }, word),
          element("span", null, `${done}: ${why}`),
        ),
      ),
    );
    const done = rows.map((row) => row.done).join(". ") || "unchanged";
    relabel(right, `The same chest X-ray. ${done}.`);
  }

  function showAll() {
    changed = change();
    const image = greyImage(changed, 0, 255);
    left.redraw((context) => context.drawImage(input, 0, 0));
    right.redraw((context) => context.drawImage(image, 0, 0));
    right.numbers = Array.from(changed.values);
    const mean = (state.zoom_x + state.zoom_y) / 2;
    for (const [key, control] of Object.entries(knobs))
      control.put(key === "zoom" ? mean : state[key]);
    stretched.textContent = [
      state.zoom_x !== state.zoom_y && `Here ${stretch()}; the slider shows the middle.`,
      state.shear !== 0 && `Sheared by ${shown(state.shear)}°.`,
    ]
      .filter(Boolean)
      .join(" ");
    flips.put(state);
    fill.put(state.fill_mode);
    size.textContent = `Not on the original: ${Math.round(changed.outside)}\u00a0%`;
    Object.assign(size.dataset, { rows, columns, outside: changed.outside });
    showVerdicts();
  }

  const allowed = { ...limits, fill_mode: Object.keys(FILLS) };
  for (const key of ["horizontal_flip", "vertical_flip"]) allowed[key] = [0, 1, true];
  if (config.drawn) drawn.textContent = recipes[config.drawn].description;
  begin(box, state, allowed, (next) => {
    const other = Object.entries(next).some(([key, value]) => state[key] !== value);
    put(next, other ? HINT : drawn.textContent);
  });
}
