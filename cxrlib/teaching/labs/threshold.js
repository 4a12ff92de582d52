// threshold_lab: scores of two classes, a threshold, and what it means for many children.

function startLab(box, config) {
  const { n_people: people, limits } = config;
  const [healthy, sick] = config.class_names;
  const exact = (whole) => whole / 10000;
  const sets = config.sets.map((set) => ({
    ...set,
    sick: decodeWhole(set.sick).map(exact),
    healthy: decodeWhole(set.healthy).map(exact),
  }));
  const state = { ...config.start };
  const several = sets.length > 1;
  let frozen = true; // on all sets but the first

  // ---- the arithmetic

  // How many of the sorted scores lie below a threshold; those from it on are called.
  function below(scores, threshold) {
    let [from, to] = [0, scores.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (scores[middle] < threshold) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  function ratesAt(set, threshold) {
    const [fn, tn] = [below(set.sick, threshold), below(set.healthy, threshold)];
    const [tp, fp] = [set.sick.length - fn, set.healthy.length - tn];
    return { tp, fn, fp, tn, sensitivity: tp / (tp + fn), specificity: tn / (tn + fp) };
  }

  // Wilson's 95 % interval of a share.
  function interval(share, n) {
    const z = 1.959964;
    const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
    const half = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
    return [middle - half, middle + half];
  }

  // Expected children, not rounded.
  function childrenAt({ sensitivity, specificity }) {
    const ill = (people * state.prevalence) / 100;
    const tp = ill * sensitivity;
    const tn = (people - ill) * specificity;
    return { tp, fn: ill - tp, fp: people - ill - tn, tn };
  }

  function costAt(rates) {
    const { fn, fp } = childrenAt(rates);
    return fn * state.fn_cost + fp;
  }

  function wholeChildren({ sensitivity, specificity }) {
    const ill = Math.round((people * state.prevalence) / 100);
    const tp = Math.round(ill * sensitivity);
    const fp = Math.round((people - ill) * (1 - specificity));
    return { tp, fn: ill - tp, fp, tn: people - ill - fp };
  }

  // The number with the fewest digits above one score and not above the next.
  function between(low, high) {
    const top = Math.min(high, limits.threshold[1]);
    for (let digits = 1; digits < 6; digits++) {
      const short = Number(((low + top) / 2).toFixed(digits));
      if (short > low && short <= top) return short;
    }
    return top;
  }

  // Of several equally good thresholds the lowest, which misses the fewest sick.
  function best(set, worth) {
    const scores = [...new Set([...set.sick, ...set.healthy])].sort((a, b) => a - b);
    let [most, place] = [-Infinity, 0];
    for (let i = 0; i <= scores.length; i++) {
      const value = worth(ratesAt(set, i < scores.length ? scores[i] : Infinity));
      if (value > most + 1e-9) [most, place] = [value, i];
    }
    return place === 0 ? 0 : between(scores[place - 1], scores[place] ?? Infinity);
  }

  const RULES = {
    cost: ["the cost is least", (rates) => -costAt(rates)],
    youden: [
      "sensitivity + specificity is largest (Youden)",
      ({ sensitivity, specificity }) => sensitivity + specificity,
    ],
  };

  // ---- the parts on the page: the drawings are Python's, only what changes is changed here

  const strips = box.querySelector(".strips");
  const roc = box.querySelector(".roc");
  const svg = roc.querySelector("svg").namespaceURI;
  const make = (tag, attributes) => setAll(document.createElementNS(svg, tag), attributes);
  const digits = (value) => short(value, 5);
  const turn = turning(box, put);
  const knob = (key, label, step, says, more) =>
    turn(key, label, limits[key], { step, whole: false, write: digits, says, ...more });
  const unit = (name) => (value) => `${shown(value)} ${name}`;
  const knobs = {
    threshold: knob("threshold", `Threshold: called ${sick} from this score on`, 0.01, digits),
    prevalence: knob("prevalence", "Prevalence: sick among the children (%)", 0.01, unit("percent"), { powers: true }),
    fn_cost: knob("fn_cost", "A missed sick child weighs as much as … false alarms", 1, unit("false alarms")),
  };
  const which = pills(box, {
    legend: "Show",
    options: sets.map(({ name }, i) => [i, name]),
    changed: (value) => {
      frozen = true;
      put({ set: value });
    },
  });
  const choose = (key) => {
    const [words, worth] = RULES[key];
    const threshold = best(sets[state.set], worth);
    put({ threshold });
    const peeked = state.set > 0 ? ` But this was peeking: ${rule()}` : "";
    say(hint, `On ${sets[state.set].name}, ${words} from ${digits(threshold)} on.${peeked}`);
  };
  const buttons = Object.entries(RULES).map(([key, [words]]) => press(words, () => choose(key)));
  const thaw = press("Unfreeze it all the same", () => {
    frozen = false;
    put({});
    knobs.threshold.querySelector("input").focus();
  });
  const [hint, answer, values] = ["soft hint", "answer", "big values"].map(live);
  const cost = element("output", { class: "cost" });
  const share = soft("");
  const body = element("tbody");
  const cell = (kind, text) => element(kind, kind === "th" ? { scope: "col" } : null, text);
  const heads = ["", "sensi\u00adtivity", "speci\u00adficity", "AUC"].map((text) => cell(text ? "th" : "td", text));
  const table = element("table", null, element("thead", null, element("tr", null, ...heads)), body);
  const ICONS = [
    ["fn", "c1 hollow", `${sick}, missed`, "not looked at again because of this; treatment may come late."],
    ["tp", "c1", `${sick}, found`, "a doctor looks again, soon."],
    ["fp", "c0 hollow", `${healthy}, called ${sick}`, "looked at again for nothing: worry, time, perhaps a drug too many."],
    ["tn", "c0", `${healthy}, let go`, "left in peace."],
  ];
  const grid = make("svg", { viewBox: `0 0 400 ${10 * Math.ceil(people / 40)}`, role: "img" });
  const called = make("path", { class: "veil" });
  const shapes = ICONS.map(([, look]) => make("path", { class: look }));
  grid.append(called, ...shapes);
  const counts = ICONS.map(() => element("b", null));
  const icon = (i) => {
    const made = make("svg", { viewBox: "-1 -1 12 12", "aria-hidden": "true" });
    made.append(make("path", { class: ICONS[i][1], d: mark(i < 2, 0, 0) }));
    return made;
  };
  const person = ([key, , name, why], i) => {
    const text = element("span", null, counts[i], ` ${name}: `, element("span", { class: "soft" }, why));
    return element("li", { "data-key": key }, icon(i), text);
  };
  furnish(
    box,
    () => state,
    ...(several ? [which] : []),
    block("parts", block("stack", knobs.threshold, strips), block("stack", roc, block("rates", table, soft("Below: 95 % intervals, as if each image were of another patient.")))),
    block(
      "lab-card stack gap",
      answer,
      fieldset(`Put the threshold where, on the set shown,`, ...buttons),
      hint,
      thaw,
    ),
    block(
      "parts",
      block("stack", knobs.prevalence, share, knobs.fn_cost, values, cost),
      named(
        `${people.toLocaleString("en")} children like these`,
        grid,
        soft(`On grey: called ${sick}. Rounded to whole children.`),
        element("ul", { class: "lab-people" }, ...ICONS.map(person)),
      ),
    ),
  );

  // ---- showing

  const percent = (value) => `${shown(100 * value, 1)} %`;
  const rule = () =>
    `a threshold is chosen on ${sets[0].name}, frozen, and only applied to ${sets[state.set].name}.`;

  function mark(triangle, x, y) {
    return triangle ? `M${x + 5} ${y + 1}l4.2 8h-8.4z` : `M${x + 1.2} ${y + 5}a3.8 3.8 0 1 0 7.6 0a3.8 3.8 0 1 0-7.6 0z`;
  }

  function showStrips(rates) {
    const at = 20 + 360 * state.threshold;
    const crop = (side, x, width) => {
      const viewBox = `${x} 0 ${Math.max(width, 0.01)} 300`;
      setAll(strips.querySelector(side), { x, width: Math.max(width, 0), viewBox });
    };
    crop(".let", 0, at);
    crop(".called", at, 400 - at);
    strips.querySelector(".veil").setAttribute("d", `M${at} 20H400V276H${at}Z`);
    strips.querySelector(".line").setAttribute("transform", `translate(${at})`);
    showOnly(strips, "set", state.set);
    const words = { fn: "missed", tp: "found", tn: "let go", fp: "false alarms" };
    for (const text of strips.querySelectorAll("[data-part]"))
      text.textContent = `${rates[text.dataset.part]} ${words[text.dataset.part]}`;
    relabel(
      strips.querySelector("svg"),
      `Scores of ${sets[state.set].name} as bars: ${sick} above the axis, ${healthy} below. ` +
        `Threshold ${digits(state.threshold)}: ${rates.fn} missed, ${rates.fp} false alarms.`,
    );
  }

  function showRoc({ sensitivity, specificity }) {
    const [x, y] = [40 + 350 * (1 - specificity), 360 - 350 * sensitivity];
    setAll(roc.querySelector(".point"), { cx: x, cy: y });
    roc.querySelector(".guide").setAttribute("d", `M40 ${y}H${x}V360`);
    for (const part of roc.querySelectorAll("[data-set]"))
      part.classList.toggle(
        part.tagName === "text" ? "strong" : "on",
        Number(part.dataset.set) === state.set,
      );
    body.replaceChildren(
      ...sets.map((set, i) => {
        const here = ratesAt(set, state.threshold);
        const both = [
          [here.sensitivity, set.sick.length],
          [here.specificity, set.healthy.length],
        ].map(([value, n]) => {
          const ends = interval(value, n);
          const text = ends.map((end) => shown(100 * end, 1)).join(" to ");
          const made = cell("td", percent(value));
          made.append(element("span", { class: "soft within" }, text));
          [made.dataset.low, made.dataset.high] = ends;
          return made;
        });
        const name = element("th", { scope: "row" }, i === state.set && several ? `▸ ${set.name}` : set.name);
        return element("tr", { class: i === state.set && "on" }, name, ...both, cell("td", set.auc.toFixed(3)));
      }),
    );
  }

  function showPeople(rates) {
    const whole = wholeChildren(rates);
    const strokes = ["", "", "", ""];
    let [tint, place] = ["", 0];
    const tall = Math.ceil(people / 40);
    ICONS.forEach(([key], i) => {
      for (let k = 0; k < whole[key]; k++, place++) {
        const [x, y] = [10 * Math.floor(place / tall), 10 * (place % tall)];
        strokes[i] += mark(i < 2, x, y);
        if (i === 1 || i === 2) tint += `M${x} ${y}h10v10h-10z`;
      }
      shapes[i].setAttribute("d", strokes[i]);
      counts[i].textContent = whole[key];
    });
    called.setAttribute("d", tint);
    const text = ICONS.map(([key, , name]) => `${whole[key]} ${name}`).join("; ");
    relabel(grid, `${people} children: ${text}.`);
    Object.assign(grid.dataset, whole);
  }

  function showValues(rates) {
    const { tp, fn, fp, tn } = childrenAt(rates);
    const ppv = tp / (tp + fp);
    const npv = tn / (tn + fn);
    const of = (value) => shown(100 * value, value > 0.99 || value < 0.01 ? 1 : 0);
    const first = tp + fp > 0 ? `Of 100 children called ${sick}, ${of(ppv)} are (PPV).` : "Nobody is called.";
    const second = tn + fn > 0 ? `Of 100 let go, ${of(npv)} are ${healthy} (NPV).` : "Nobody is let go.";
    say(values, `${first} ${second}`);
    const total = costAt(rates);
    cost.textContent =
      `Cost: ${shown(fn, 1)} missed × ${shown(state.fn_cost)} + ${shown(fp, 1)} false ` +
      `alarms = ${shown(total, 1)}, before rounding to whole children.`;
    Object.assign(values.dataset, { ppv, npv });
    cost.dataset.value = total;
    const sickIn = sets.map(({ name, sick: s, healthy: h }) => `${percent(s.length / (s.length + h.length))} in ${name}`);
    share.textContent = `${sick} here: ${sickIn.join(", ")}. The ROC curve does not change with it.`;
  }

  function showAll() {
    const set = sets[state.set];
    const rates = ratesAt(set, state.threshold);
    for (const [key, control] of Object.entries(knobs)) control.put(state[key]);
    which.put(state.set);
    showStrips(rates);
    showRoc(rates);
    showPeople(rates);
    showValues(rates);
    say(
      answer,
      `On ${set.name} a threshold of ${digits(state.threshold)} finds ${percent(rates.sensitivity)} ` +
        `of ${sick} (sensitivity) and lets ${percent(rates.specificity)} of ${healthy} go (specificity).`,
    );
    const { sensitivity, specificity } = rates;
    Object.assign(answer.dataset, { sensitivity, specificity, threshold: state.threshold });
  }

  function put(next) {
    Object.assign(state, next);
    const closed = state.set > 0 && frozen;
    knobs.threshold.freeze(closed);
    for (const button of buttons) button.disabled = closed;
    thaw.hidden = !closed;
    const away = closed ? `Frozen: ${rule()}` : `This is peeking: ${rule()}`;
    if (several)
      say(hint, state.set > 0 ? away : `Choose here, on ${sets[0].name}; then it is frozen.`);
    showAll();
  }

  begin(box, state, { ...limits, set: [0, sets.length - 1, true] }, put);
}
