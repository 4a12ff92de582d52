// leak_lab: patients on both sides of a split, and what the validation score then promises.

function startLab(box, config) {
  const { variants, families, metric } = config;
  const [low, high] = config.range;
  const state = { ...config.start };
  const stops = () => variants[state.variant].stops;
  const nearest = (whole) => {
    const far = stops().map((stop) => Math.abs(stop.grouped - whole));
    return far.indexOf(Math.min(...far));
  };
  const percent = (share) => `${shown(100 * share, 0)} %`;
  const many = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

  // ---- the parts on the page: the drawings are Python's, only what changes is changed here

  const drawing = box.querySelector(".families");
  const chart = box.querySelector(".promise");
  const blocks = [...drawing.querySelectorAll("div > svg > .patient")];
  const label = newId(box);
  const input = () => put({ grouped: stops()[Number(range.value)].grouped });
  const range = element("input", { type: "range", id: label, min: 0, step: 1, input });
  const chosen = element("output", { class: "big chosen" });
  const name = element("label", { for: label, class: "lab-name" }, "Patients kept whole by the split");
  const [from, to] = ["by image", "by patient"].map((text) => element("span", null, text));
  const rule = block("rule", name, range, block("ends soft", from, chosen, to));
  const labels = pills(box, {
    legend: "Labels",
    options: variants.map(({ name }, i) => [i, name]),
    changed: (value) => put({ variant: value }),
  });
  const counted = element("output", { class: "soft counted" });
  const answer = live("answer");
  furnish(
    box,
    () => state,
    block("stack", ...(variants.length > 1 ? [labels] : []), rule),
    block(
      "parts",
      named("The split, in a drawing", drawing, counted),
      named("What each split gave", chart),
    ),
    block("lab-card gap", answer),
  );

  // ---- showing

  function showPatients() {
    const whole = Math.round(state.grouped * families.length);
    let [both, inside, leaked] = [0, 0, 0];
    families.forEach(({ rank, side, pictures }, i) => {
      const sides = rank < whole ? pictures.map(() => side) : pictures;
      const here = total(sides);
      const split = here > 0 && here < sides.length;
      blocks[i].classList.toggle("both", split);
      blocks[i].querySelectorAll(".shot").forEach((shot, k) => shot.classList.toggle("val", sides[k] === 1));
      inside += here;
      if (split) [both, leaked] = [both + 1, leaked + here];
    });
    counted.textContent =
      `In this drawing ${whole} of ${many(families.length, "patient")} are kept whole. ` +
      `${both} stand on both sides; ${leaked} of ${many(inside, "validation image")} ` +
      "have a sibling in training.";
    Object.assign(counted.dataset, { both, leaked, inside });
  }

  function showPromise(stop) {
    const { left, right, top, bottom } = config.places;
    const x = left + (right - left) * stop.grouped;
    const y = (value) => bottom - ((bottom - top) * (value - low)) / (high - low);
    showOnly(chart, "variant", state.variant);
    chart.querySelector(".veil").setAttribute("transform", `translate(${x})`);
    chart
      .querySelector(".gap")
      .setAttribute("d", `M${x} ${y(stop.validation).toFixed(2)}V${y(stop.test).toFixed(2)}`);
    const gap = stop.validation - stop.test;
    const off = `${Math.abs(gap).toFixed(2)} too ${gap > 0 ? "much" : "little"}`;
    const promise = Math.abs(gap) < 0.005 ? "keeps its promise" : `promises ${off}`;
    const noise = stop.gap_noise;
    const within = noise !== null && Math.abs(gap) <= noise;
    const sure =
      noise === null ? "" : ` (± ${noise.toFixed(3)}, ${within ? "so no more than noise" : "so more than noise"})`;
    const of = stop.runs > 1 ? ` (means of the ${stop.runs} marks)` : "";
    say(
      answer,
      `With ${percent(stop.grouped)} of the patients kept whole, ${percent(stop.leaked)} of the ` +
        `validation images have a sibling in training. Validation says ${metric} ` +
        `${stop.validation.toFixed(2)}, new patients give ${stop.test.toFixed(2)}${of}: ` +
        `the validation ${promise}${sure}.`,
    );
    const { grouped, validation, test, leaked, runs } = stop;
    Object.assign(answer.dataset, { grouped, validation, test, leaked, runs, gap, noise });
  }

  function put(next) {
    Object.assign(state, next);
    const at = nearest(state.grouped);
    const stop = stops()[at];
    state.grouped = stop.grouped;
    range.max = stops().length - 1;
    range.value = at;
    range.setAttribute("aria-valuetext", `${percent(stop.grouped)} of the patients kept whole`);
    chosen.textContent = percent(stop.grouped);
    labels.put(state.variant);
    showPatients();
    showPromise(stop);
  }

  const allowed = { variant: [0, variants.length - 1, true], grouped: [0, 1] };
  begin(box, state, allowed, put);
}
