// network_lab: a network computes in the page; what is drawn on a picture goes through it at once.

function startLab(box, config) {
  const { rows, columns, layers, pictures, limits } = config;
  const [healthy, sick] = config.class_names;
  const run = buildNetwork(config);
  const given = pictures.map(({ image }) => decodeImage(image));
  const titles = pictures.map(({ title }) => title);
  const OWN = given.length; // the place of the reader's own picture, once there is one
  const MOST_DABS = 60;
  const count = layers.at(-1).outside;
  const sides = [rows, columns].map((side) => side >> (layers.length - 1));
  const digits = (number, places = 3) => withMinus(number.toFixed(places));
  const state = { ...config.start };
  const bare = new Map(); // what the network makes of each picture without a drawing
  let [greys, result, passing, stroke] = [null, null, null, null];

  // ---- drawing: dabs of an opacity, each [row, column, radius, density in percent]

  function drawn({ values }, dabs) {
    if (!dabs.length) return values;
    const behind = new Float64Array(values.length).fill(1); // the share that is still seen
    for (const [row, column, radius, density] of dabs)
      for (let i = 0; i < behind.length; i++) {
        const [down, right] = [Math.floor(i / columns) - row, (i % columns) - column];
        const away = (down * down + right * right) / (radius * radius);
        behind[i] *= 1 - (density / 100) * Math.exp(-2 * away);
      }
    const bright = Float64Array.from(values).sort()[Math.floor(0.9 * (values.length - 1))];
    return values.map((grey, i) => bright + (grey - bright) * behind[i]);
  }

  const within = (row, column) => [
    clamp(Math.floor(row), 0, rows - 1),
    clamp(Math.floor(column), 0, columns - 1),
  ];
  function draw(row, column) {
    const dab = [row, column, state.radius, state.density];
    put({ row, column, dabs: [...state.dabs, dab].slice(0, MOST_DABS) });
  }
  const pen = {
    label: "Draw with mouse or finger. Arrow keys move, Shift moves by five, Space draws.",
    point: (place, pressed) => {
      const [row, column] = within(...place);
      passing = pressed ? null : [row, column];
      const near = stroke && Math.hypot(row - stroke[0], column - stroke[1]) < state.radius / 2;
      if (!pressed || near) return showPicture();
      stroke = [row, column];
      return draw(row, column);
    },
    step: (down, across) => {
      passing = null;
      [state.row, state.column] = within(state.row + down, state.column + across);
      showPicture();
      heard.tell(`Row ${state.row + 1}, column ${state.column + 1}.`);
    },
    leave: () => {
      passing = null;
      showPicture();
    },
  };
  const canvas = pixelCanvas(config, 0, "");
  const view = pointable(canvas, pen);
  view.addEventListener("pointerdown", () => (stroke = null), true);
  view.addEventListener("keydown", (event) => {
    if (![" ", "Enter"].includes(event.key) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    draw(state.row, state.column);
  });

  // ---- a picture of the reader's own

  const problem = problemLine(box);
  const chooser = fileChooser(box, problem, async (chosen) => {
    const read = await readPicture(chosen, { ...config.own, size: rows });
    const made = run(read.values);
    if (config.outliers) refuseOthers(made, config.outliers);
    return () => {
      given[OWN] = read;
      bare.set(OWN, made);
      own.hidden = false;
      put({ picture: OWN, dabs: [] });
    };
  });

  // ---- the parts on the page

  const picture = pills(box, {
    legend: "Picture",
    options: [...titles, "your own"].map((title, i) => [i, title]),
    changed: (value) => put({ picture: value }),
  });
  const own = picture.querySelector(".pill:last-child");
  own.hidden = true;
  const show = pills(box, {
    legend: "Activation map of",
    options: [["all", "all last maps, weighed"], ["one", "the chosen one"]],
    changed: (value) => put({ show: value }),
  });
  const knob = turning(box, put);
  const radius = knob("radius", "Radius of a dab (pixels)", limits.radius, { step: 1 });
  const density = knob("density", "Its density (%)", limits.density, { step: 1 });
  const overlay = pixelCanvas(config, 0, "");
  const looks = ["big score", "change", "soft distance", "soft", "one", "sum"];
  const [score, change, distance, strongest, one, sum] = looks.map(quiet);
  const [bar, mark] = [block(), element("i")];
  const heard = spoken();
  const mosaics = layers.map(({ outside }, i) => mosaic(rows >> i, columns >> i, outside));
  const { canvas: lastMaps, across } = mosaics.at(-1);
  const choose = (map) => put({ map: clamp(map, 0, count - 1) });
  const choice = pointable(lastMaps, {
    label: `The last ${count} maps: arrow keys, mouse or finger choose one.`,
    point: ([down, right], pressed) => pressed && choose(down * across + right),
    step: (down, right) => choose(state.map + down * across + right),
  });
  const bars = Array.from({ length: count }, () => element("i"));
  const chart = element("div", { class: "contributions", role: "img" }, ...bars);
  chart.addEventListener("click", (event) => choose(Math.floor(pointed(chart, event)[1] * count)));
  const layerName = (i) =>
    `${i ? "Max pooling 2 × 2, then c" : "C"}onvolution ${i + 1}: ${layers[i].outside} maps of ` +
    `${rows >> i} × ${columns >> i}.`;
  const row = (i) => block("maps", soft(layerName(i)), i < layers.length - 1 ? mosaics[i].canvas : choice);

  furnish(
    box,
    () => ({ ...state, dabs: state.dabs.flat() }),
    block("lab-row", picture, named("One of your own", block("pills", chooser))),
    problem,
    soft(
      "Nothing leaves this machine: your picture stays in this page's memory, and a link doesn't " +
        "hold it. PNG or JPEG; you can also drop it here. For education, not a diagnosis.",
    ),
    block("two gap", named("Draw here", view), named("Activation map", overlay)),
    block("ramp", healthy, element("i", { class: "diverging" }), sick),
    block("lab-card gap", score, block("meter", bar, mark), change, distance, heard),
    block(
      "parts",
      block("stack", radius, density),
      block(
        "stack",
        fieldset(
          "The drawing",
          press("take the last dab back", () => put({ dabs: state.dabs.slice(0, -1) })),
          press("take all back", () => put({ dabs: [] })),
        ),
        show,
        strongest,
      ),
    ),
    block("gap", heading("On its way through the network"), ...layers.map((_, i) => row(i))),
    block(
      "gap",
      heading("What each of the last maps gives to the score: its mean times its weight"),
      chart,
      soft(`Up: towards ${sick}. Down: towards ${healthy}. Press a bar or a map.`),
      one,
      sum,
    ),
    ...(config.note ? [block("gap", soft(config.note))] : []),
  );

  // ---- showing

  function showPicture() {
    const [row, column] = passing || [state.row, state.column];
    canvas.redraw((context) => {
      context.drawImage(greys, 0, 0);
      const thin = columns / (canvas.clientWidth || 300);
      for (const [width, colour] of [[3.5, "#000"], [1.5, "#ffb454"]]) {
        Object.assign(context, { lineWidth: width * thin, strokeStyle: colour });
        context.beginPath();
        context.arc(column + 0.5, row + 0.5, state.radius, 0, 2 * Math.PI);
        context.stroke();
      }
    });
  }

  function showTint(before) {
    const which = state.show === "all" ? null : state.map;
    const places = result.map(which);
    const most = Math.max(largest(places), largest(before.map(which)));
    overlay.numbers = places;
    overlay.redraw((context) => {
      context.drawImage(greys, 0, 0);
      context.imageSmoothingEnabled = true;
      context.drawImage(tint(places, ...sides, most), 0, 0, columns, rows);
    });
    const top = places.indexOf(Math.max(...places));
    const where = `row ${Math.floor(top / sides[1]) + 1}, column ${(top % sides[1]) + 1}`;
    const whole = which === null ? `The class activation map, ${sides.join(" × ")}: its mean` : "Its mean";
    strongest.textContent =
      `Most towards ${sick}: ${digits(places[top], 2)} in ${where}. ` +
      (which === null ? `${whole} and the bias make the logit.` : `${whole} is the map's bar below.`);
  }

  function showScore(before) {
    const title = state.picture === OWN ? "your own picture" : titles[state.picture];
    const [now, then] = [digits(result.score), digits(before.score)];
    score.replaceChildren(`The network's score for ${sick}: ${now}`);
    Object.assign(score.dataset, { score: result.score, bare: before.score });
    bar.style.width = `${100 * result.score}%`;
    mark.style.left = `${100 * before.score}%`;
    const dabs = state.dabs.length;
    const full = dabs === MOST_DABS ? " No more dabs fit: take some back." : "";
    const text = dabs
      ? `With ${dabs} ${dabs > 1 ? "dabs" : "dab"} of opacity on it; without, ${then} (the upright line).${full}`
      : "Nothing is drawn on it.";
    change.textContent = text;
    if (config.outliers) {
      const known = config.outliers;
      const far = result.distance > known.threshold;
      const turned = result.turnScore > known.turn_threshold;
      const found = far ? "Unlike those of training" : turned ? "It looks turned or mirrored" : "Within both limits";
      distance.textContent =
        `${found}: distance ${digits(result.distance, 2)}, turn score ` +
        `${digits(result.turnScore, 2)}. Above ${digits(known.threshold, 2)}, or ` +
        `${digits(known.turn_threshold, 2)}, a picture of your own is refused.`;
      Object.assign(distance.dataset, { distance: result.distance, turn: result.turnScore });
    }
    heard.tell(`${title}: ${now} for ${sick}. ${text}`);
    sum.textContent =
      `All ${count} together ${digits(total(result.parts))}, with the bias of ` +
      `${digits(result.bias)} a logit of ${digits(result.logit)}; its sigmoid is the score, ${now}.`;
    relabel(canvas, `${title}, ${rows} by ${columns} pixels. ${text}`);
    relabel(overlay, `${title}, tinted where the network's maps speak for ${sick} or against it.`);
  }

  function showParts() {
    const most = largest(result.parts);
    chart.numbers = result.means;
    result.parts.forEach((part, i) => {
      bars[i].style.setProperty("--part", Math.abs(part) / most);
      bars[i].className = `${part < 0 ? "down" : "up"}${i === state.map ? " chosen" : ""}`;
    });
    const [mean, weight, part] = ["means", "weights", "parts"].map((key) => result[key][state.map]);
    one.textContent =
      `Map ${state.map + 1}: mean ${digits(mean)} × weight ${bracketed(weight, 3)} = ${digits(part)}.`;
    Object.assign(one.dataset, { map: state.map, mean, part });
    const up = result.parts.filter((each) => each > 0).length;
    relabel(chart, `${up} of ${count} maps speak for ${sick}. ${one.textContent}`);
    mosaics.forEach(({ show: showMaps }, i) =>
      showMaps(result.layers[i], i === layers.length - 1 ? state.map : null),
    );
  }

  function readDabs(text) {
    const numbers = text ? text.split(",").map(Number) : [];
    const spans = [[0, rows - 1], [0, columns - 1], limits.radius, limits.density];
    const fits = (number, i) => Number.isInteger(number) && number === clamp(number, ...spans[i % 4]);
    if (numbers.length % 4 || numbers.length > 4 * MOST_DABS || !numbers.every(fits)) return null;
    return Array.from({ length: numbers.length / 4 }, (_, i) => numbers.slice(4 * i, 4 * i + 4));
  }

  function put(next, link = null) {
    const dabs = link?.has("dabs") && readDabs(link.get("dabs"));
    Object.assign(state, next, dabs && { dabs });
    picture.put(state.picture);
    show.put(state.show);
    radius.put(state.radius);
    density.put(state.density);
    if (!bare.has(state.picture)) bare.set(state.picture, run(given[state.picture].values));
    const before = bare.get(state.picture);
    if (!result || link || "picture" in next || "dabs" in next) {
      const start = performance.now();
      const values = drawn(given[state.picture], state.dabs);
      greys = greyImage({ rows, columns, values }, 0, 255);
      result = state.dabs.length ? run(values) : before;
      score.dataset.milliseconds = performance.now() - start;
      state.map ??= result.parts.indexOf(Math.max(...result.parts));
      showScore(before);
    }
    showPicture();
    showTint(before);
    showParts();
  }

  begin(box, state, {
    picture: [0, OWN - 1, true],
    row: [0, rows - 1, true],
    column: [0, columns - 1, true],
    radius: [...limits.radius, true],
    density: [...limits.density, true],
    map: [0, count - 1, true],
    show: ["all", "one"],
  }, put);
}
