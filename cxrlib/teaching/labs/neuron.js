// neuron_lab: two inputs, two weights, a bias, an activation, and the line that they draw.

function startLab(box, config) {
  const { points, labels, reach } = config;
  const state = { ...config.start };
  const [w1Name, w2Name] = config.feature_names;
  const classes = config.class_names;

  const ACTIVATIONS = {
    step: { of: (z) => (z > 0 ? 1 : 0), written: (z) => [`step(${z})`], shade: (a) => a },
    sigmoid: {
      of: (z) => 1 / (1 + Math.exp(-z)),
      written: (z) => ["1 / (1 + e", element("sup", null, `−${z}`), ")"],
      shade: (a) => a,
    },
    relu: {
      of: (z) => Math.max(0, z),
      written: (z) => [`max(0, ${z})`],
      shade: (a) => 0.5 + Math.min(a, 2) / 4,
    },
    tanh: { of: Math.tanh, written: (z) => [`tanh ${z}`], shade: (a) => (a + 1) / 2 },
  };

  const sumOf = ([x, y]) => state.w1 * x + state.w2 * y + state.bias;

  // log(1 + e^z) without ever computing e^z of a large z
  const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

  function lossOf(z, label) {
    if (state.activation === "sigmoid") return softplus(z) - label * z;
    const target = state.activation === "tanh" ? 2 * label - 1 : label;
    return (ACTIVATIONS[state.activation].of(z) - target) ** 2;
  }

  // ---- the parts on the page: the drawing is Python's, only what moves is moved here

  const svg = box.querySelector("svg");
  const dots = [...svg.querySelectorAll(".dots > g")];
  const [line, arrow, chosen] = ["line", "arrow", "chosen"].map((name) =>
    svg.querySelector(`.${name}`),
  );
  const shade = element("canvas", { width: 80, height: 80, "aria-hidden": "true" });
  shade.place = (event) => {
    const [down, right] = pointed(shade, event);
    return [(1 - 2 * down) * reach, (2 * right - 1) * reach];
  };
  const tidy = (value) => Number(clamp(value, -reach, reach).toFixed(2));
  const watch = watched({
    label: "Move the chosen point: arrow keys, mouse or finger. Shift moves it by five steps.",
    tidy: (y, x) => [tidy(x), tidy(y)],
    moved: (down, across) => [tidy(state.x + across * 0.1), tidy(state.y - down * 0.1)],
    stay: (place) => ([state.x, state.y] = place),
    show: () => showPoint(),
  });
  const knob = turning(box, put);
  const range = [-config.limit, config.limit];
  const tenths = { step: 0.1, write: short };
  const knobs = {
    w1: knob("w1", `Weight w₁, of the ${w1Name}`, range, tenths),
    w2: knob("w2", `Weight w₂, of the ${w2Name}`, range, tenths),
    bias: knob("bias", "Bias, b", range, tenths),
  };
  const activation = pills(box, {
    legend: "Activation",
    changed: (value) => put({ activation: value }),
    options: config.activations.map((key) => (key === "relu" ? [key, "ReLU"] : key)),
  });
  const choice = config.activations.length > 1 ? [activation] : [];
  const sum = quiet("sum");
  const answer = quiet("big answer");
  const verdict = soft("");
  const [loss, right] = [quiet("big loss"), quiet("right")];
  const { loss: least, ...best } = config.lowest;
  const scale = block("scale", element("i"), element("b"));
  const ends = block(
    "ends soft",
    element("span", null, `lowest ${least.toFixed(3)}`),
    element("span", null, `zero weights ${Math.LN2.toFixed(3)}`),
  );
  const fit = press("Go to the lowest", () => put(best));
  const known = block("known", scale, ends, fit);
  const [heard, scored] = [spoken(), spoken()];

  const plane = box.querySelector(".plane");
  plane.prepend(shade);
  const still = box.querySelector(".drawing");
  const view = pointable(plane, watch);
  still.querySelector(".upright").after(view);
  furnish(
    box,
    () => state,
    block(
      "parts first",
      still,
      block("stack", ...Object.values(knobs), ...choice, block("lab-card", loss, known, right, scored)),
    ),
    block("lab-card gap", heading("At the cross"), sum, answer, verdict, heard),
  );

  // ---- showing

  const across = (x) => 200 + (200 * x) / reach;
  const down = (y) => 200 - (200 * y) / reach;

  function showLine() {
    const { w1, w2, bias } = state;
    const length = Math.hypot(w1, w2);
    const none = length === 0;
    line.toggleAttribute("hidden", none);
    arrow.toggleAttribute("hidden", none);
    if (none) return;
    const [ux, uy] = [w1 / length, w2 / length];
    const [x, y] = [(-bias / length) * ux, (-bias / length) * uy];
    const far = 4 * reach;
    const [x1, x2] = [x - uy * far, x + uy * far].map(across);
    const [y1, y2] = [y + ux * far, y - ux * far].map(down);
    setAll(line, { x1, y1, x2, y2 });
    const turn = (-Math.atan2(w2, w1) * 180) / Math.PI;
    arrow.setAttribute(
      "transform",
      `translate(${across(x).toFixed(1)} ${down(y).toFixed(1)}) rotate(${turn.toFixed(1)})`,
    );
  }

  function showShade() {
    const context = shade.getContext("2d");
    const { width } = shade;
    const image = context.createImageData(width, width);
    const { of, shade: level } = ACTIVATIONS[state.activation];
    for (let i = 0; i < width * width; i++) {
      const x = ((2 * (i % width) + 1) / width - 1) * reach;
      const y = (1 - (2 * Math.floor(i / width) + 1) / width) * reach;
      const t = 2 * level(of(sumOf([x, y]))) - 1;
      const colour = t > 0 ? [217, 130, 43] : [31, 95, 139];
      image.data.set([...colour, 95 * Math.abs(t)], 4 * i);
    }
    context.putImageData(image, 0, 0);
  }

  function showScore() {
    const sums = points.map(sumOf);
    const wrong = sums.map((z, i) => z > 0 !== (labels[i] === 1));
    dots.forEach((dot, i) => dot.classList.toggle("wrong", wrong[i]));
    const mean = total(sums.map((z, i) => lossOf(z, labels[i]))) / points.length;
    const name = state.activation === "sigmoid" ? "cross-entropy" : "mean squared error";
    loss.replaceChildren(`Loss ${shown(mean)} `, element("span", { class: "soft" }, name));
    const of = (label) => {
      const all = labels.filter((one) => one === label).length;
      return `${wrong.filter((bad, i) => bad && labels[i] === label).length} of ${all}`;
    };
    const hits = wrong.filter((bad) => !bad).length;
    right.textContent = `${hits} of ${points.length} right. Missed ${classes[1]}: ${of(1)}. False alarms: ${of(0)}.`;
    loss.dataset.value = mean;
    known.hidden = state.activation !== "sigmoid";
    const place = (mean - least) / (Math.LN2 - least || 1);
    scale.lastChild.style.left = `${98 * clamp(place, 0, 1)}%`;
    fit.disabled = Object.keys(best).every((key) => state[key] === best[key]);
    right.dataset.accuracy = hits / points.length;
    scored.tell(`${loss.textContent}. ${right.textContent}`);
  }

  function showPoint() {
    const [x, y] = watch.passing() || [state.x, state.y];
    chosen.setAttribute("transform", `translate(${across(x).toFixed(1)} ${down(y).toFixed(1)})`);
    const z = sumOf([x, y]);
    const { of, written } = ACTIVATIONS[state.activation];
    const output = of(z);
    const b = (number) => bracketed(number, 4);
    sum.textContent =
      `z = w₁ × ${w1Name} + w₂ × ${w2Name} + b = ` +
      `${shown(state.w1, 4)} × ${b(x)} + ${b(state.w2)} × ${b(y)} + ${b(state.bias)} = ${shown(z)}`;
    answer.replaceChildren(...written(bracketed(z)), ` = ${shown(output)}`);
    const side = z > 0 ? ["above", classes[1]] : ["not above", classes[0]];
    verdict.textContent = `z is ${side[0]} 0: on the side of ${side[1]}.`;
    Object.assign(sum.dataset, { x, y, value: z });
    answer.dataset.value = output;
    if (!watch.passing()) heard.tell(`${sum.textContent}. ${verdict.textContent}`);
  }

  function showAll() {
    for (const [key, control] of Object.entries(knobs)) control.put(state[key]);
    activation.put(state.activation);
    showLine();
    showShade();
    showScore();
    showPoint();
  }

  function put(next) {
    Object.assign(state, next);
    showAll();
  }

  const allowed = { activation: config.activations, x: [-reach, reach], y: [-reach, reach] };
  for (const key of Object.keys(knobs)) allowed[key] = range;
  begin(box, state, allowed, put);
}
