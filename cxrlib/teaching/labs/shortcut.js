// shortcut_lab: squares of a radiograph are covered; a network's answers were stored beforehand.

function startLab(box, config) {
  const { cases, class_names: classes } = config;
  const [tall, wide] = [config.rows.length, config.columns.length];
  const count = tall * wide;
  const all = 2 ** count - 1;
  const state = { ...config.start };
  const WHOLE = 65535;
  const NEAR = 0.005; // a guess this close to the largest drop is as good

  // ---- the answers: class 0 gets what the others leave, as in Python

  function decodeAnswers(text) {
    const whole = decodeWhole(text);
    return (covered) => {
      const others = classes.slice(1).map((_, k) => whole[k * (all + 1) + covered]);
      const first = Math.max(WHOLE - total(others), 0);
      return [first, ...others].map((one) => one / WHOLE);
    };
  }
  const tables = cases.map(({ covers }) => covers.map((one) => decodeAnswers(one.probabilities)));
  const answered = (covered) => tables[state.picture][state.fill](covered);
  const cover = () => cases[state.picture].covers[state.fill];
  const highest = (shares) => shares.indexOf(Math.max(...shares));

  const bit = (square) => 2 ** square;
  const has = (set, square) => Math.floor(set / bit(square)) % 2 === 1;
  const squares = Array.from({ length: count }, (_, square) => square);
  const size = (set) => squares.filter((square) => has(set, square)).length;
  const place = (square) => `row ${Math.floor(square / wide) + 1}, column ${(square % wide) + 1}`;
  const three = (share) => share.toFixed(3);
  const ofLungs = (set) => {
    const { shares } = cases[state.picture];
    const inside = total(squares.map((i) => (has(set, i) ? shares[i] : 0)));
    return `${Math.round(100 * inside)} % of the lungs`;
  };

  // ---- the parts on the page: the images are Python's

  const images = [...box.querySelectorAll(".still img")];
  const frames = block("images", ...images);
  const tiles = squares.map((square) =>
    element("button", { type: "button", focus: () => moveTo(square) }),
  );
  const tracks = (sides) => sides.map((side) => `${side}fr`).join(" ");
  const board = element(
    "div",
    {
      class: "squares",
      role: "group",
      "aria-label": `${count} squares over the image. Arrow keys move, Space presses.`,
      style: `grid-template: ${tracks(config.rows)} / ${tracks(config.columns)}`,
    },
    ...tiles,
  );
  frames.append(board);
  watchSquares();

  const picture = pills(box, {
    legend: "Image",
    options: cases.map(({ title }, i) => [i, title]),
    changed: (value) => put({ picture: value, covered: 0, guess: -1 }),
  });
  const does = pills(box, {
    legend: "A press on a square",
    options: [["cover", "covers it"], ["mark", "marks my guess"]],
    changed: (value) => put({ press: value }),
  });
  const fill = pills(box, {
    legend: "Cover with",
    options: config.fills.map((text, i) => [i, text]),
    changed: (value) => put({ fill: value }),
  });
  const label = element("p", { class: "soft label" });
  const bars = classes.map((name) => {
    const [now, change, bar, bare] = ["b", "span", "div", "i"].map((tag) => element(tag));
    const title = element("span", { class: "name" }, name);
    const meter = block("meter", bar, bare);
    return { now, change, bar, bare, row: element("li", null, title, now, change, meter) };
  });
  const [answer, verdict] = ["answer", "verdict"].map(live);
  const others = press("", () => put({ covered: all - bit(state.square) }));
  const least = press("", () => put({ covered: cover().least }));
  const lungs = () => cases[state.picture].lungs;
  const buttons = [
    press("uncover all", () => put({ covered: 0 })),
    press("cover the lungs", () => put({ covered: lungs() })),
    press("cover all but the lungs", () => put({ covered: all - lungs() })),
    others,
  ];
  const where = cases[0].shares ? [] : [soft("Lungs: the squares where they lie in most X-rays.")];

  furnish(
    box,
    () => state,
    block(
      "lab-row",
      ...(cases.length > 1 ? [picture] : []),
      does,
      ...(config.fills.length > 1 ? [fill] : []),
    ),
    block(
      "parts",
      block(null, frames, label),
      block(
        "stack",
        named(
          "The network's probabilities",
          element("ul", { class: "lab-bars" }, ...bars.map(({ row }) => row)),
          soft("An upright line: the bare image."),
        ),
        block("lab-card", answer),
        block(null, block("pills", ...buttons), ...where),
        block("lab-card", heading("The square it used"), verdict, least),
      ),
    ),
    element(
      "p",
      { class: "soft gap" },
      `Asked beforehand, once for each of the ${(all + 1).toLocaleString("en")} ways to cover ` +
        "these squares and each grey. A covered square is a sight the network was not trained on, and may " +
        "speak for itself. All this says something about a network, and nothing about a patient.",
    ),
  );

  // ---- mouse, finger and keys

  function moveTo(square) {
    state.square = square; // the one that keys stand on
    tiles.forEach((tile, i) => tile.setAttribute("tabindex", i === square ? 0 : -1));
    others.textContent = `cover all but ${place(square)}`;
  }

  function watchSquares() {
    let painting = null; // true covers, false uncovers
    let byPointer = false;
    const finger = sideways();
    const under = (event) => {
      const [down, right] = pointed(board, event);
      const part = (sides, share) => {
        let left = share * total(sides);
        return sides.findIndex((side) => (left -= side) < 0);
      };
      const [row, column] = [part(config.rows, down), part(config.columns, right)];
      return down < 0 || right < 0 || row < 0 || column < 0 ? null : row * wide + column;
    };
    const paint = (square) => {
      if (square === null) return;
      moveTo(square);
      if (has(state.covered, square) !== painting)
        put({ covered: state.covered + (painting ? bit(square) : -bit(square)) });
    };
    const stop = () => {
      painting = null;
      finger.end();
    };
    const listeners = {
      pointerdown: (event) => {
        const square = under(event);
        finger.begin(event);
        if (event.button !== 0 || square === null) return;
        if (finger.waiting()) return (byPointer = false); // a tap is a click
        byPointer = true;
        event.preventDefault();
        tiles[square].focus({ preventScroll: true, focusVisible: false });
        if (state.press === "mark") return put({ guess: square });
        board.setPointerCapture(event.pointerId);
        painting = !has(state.covered, square);
        paint(square);
      },
      pointermove: (event) => {
        const waited = finger.waiting();
        if (finger.waits(event)) return;
        const square = under(event);
        if (waited && square !== null && state.press !== "mark") {
          board.setPointerCapture(event.pointerId);
          painting = !has(state.covered, square);
        }
        if (painting !== null) paint(square);
      },
      pointerup: stop,
      pointercancel: stop,
      lostpointercapture: stop,
      // Space, Enter and screen readers; after a pointer it was already done.
      click: (event) => {
        const square = tiles.indexOf(event.target);
        if (byPointer || square < 0) return (byPointer = false);
        if (state.press === "mark") return put({ guess: square });
        painting = !has(state.covered, square);
        paint(square);
        stop();
      },
      keydown: (event) => {
        byPointer = false;
        stepped(event, 1, (down, across) => {
          const row = clamp(Math.floor(state.square / wide) + down, 0, tall - 1);
          const column = clamp((state.square % wide) + across, 0, wide - 1);
          tiles[row * wide + column].focus();
        });
      },
    };
    for (const [kind, act] of Object.entries(listeners)) board.addEventListener(kind, act);
  }

  // ---- showing

  function showSquares() {
    const { grey, most } = cover();
    board.style.setProperty("--cover", `rgb(${grey}, ${grey}, ${grey})`);
    board.classList.toggle("marking", state.press === "mark");
    tiles.forEach((tile, i) => {
      const notes = [];
      if (i === state.guess) notes.push("guess");
      if (i === most && state.guess >= 0) notes.push("used most");
      const covered = has(state.covered, i);
      tile.setAttribute("aria-pressed", covered);
      relabel(tile, [place(i), ...notes].join(", "));
      tile.className = [covered && "covered", notes.length && "noted"].filter(Boolean).join(" ");
      tile.replaceChildren(...notes.map((note) => element("span", null, note)));
    });
  }

  function showAnswer() {
    const [bare, now] = [answered(0), answered(state.covered)];
    const [given, winner] = [highest(bare), highest(now)];
    bars.forEach((one, k) => {
      const change = now[k] - bare[k];
      one.row.classList.toggle("on", k === winner);
      one.row.dataset.probability = now[k];
      one.now.textContent = three(now[k]);
      const sign = change > 0 ? "+" : "−";
      const moved = Math.abs(change) >= 0.0005;
      one.change.textContent = moved ? `${sign}${three(Math.abs(change))}` : "";
      one.bar.style.width = `${100 * now[k]}%`;
      one.bare.style.left = `${100 * bare[k]}%`;
    });
    const { label: truth, shares } = cases[state.picture];
    label.textContent = truth === undefined ? "" : `The image's label: ${classes[truth]}.`;
    const lungs = shares ? `, ${ofLungs(state.covered)}` : "";
    const still = winner === given ? "still answers" : "now answers";
    const moved =
      Math.abs(now[given] - bare[given]) < 0.0005
        ? `${classes[given]} stays at ${three(now[given])}`
        : `${classes[given]} goes from ${three(bare[given])} to ${three(now[given])}`;
    say(
      answer,
      state.covered === 0
        ? `Nothing covered: the network answers ${classes[given]}, ${three(bare[given])}.`
        : `${size(state.covered)} of ${count} squares covered${lungs}: the network ${still} ` +
            `${classes[winner]}; ${moved}.`,
    );
    Object.assign(answer.dataset, { covered: state.covered, given, winner });
  }

  function judged() {
    const { most, least: fewest } = cover();
    const { shares } = cases[state.picture];
    const bare = answered(0);
    const given = highest(bare);
    const after = (square) => answered(bit(square))[given];
    const fall = (square) => bare[given] - after(square);
    const name = classes[given];
    const holds = shares && most !== null ? ` It holds ${ofLungs(bit(most))}.` : "";
    const change =
      fewest === null
        ? " No way to cover these squares changes the answer."
        : ` Fewest squares that change the answer when they are covered: ${size(fewest)}.`;
    if (most === null) {
      const largest = three(Math.max(...squares.map(fall), 0));
      const inside = `Yours is ${fewest !== null && has(fewest, state.guess) ? "" : "not "}one of them.`;
      const none = `No square decides alone: covering one lowers ${name} by at most ${largest}.`;
      return ["none", `${none}${change}${fewest === null ? "" : ` ${inside}`}`];
    }
    const ends = `lowers ${name} from ${three(bare[given])} to ${three(after(most))}`;
    const yours = `Yours, ${place(state.guess)}, leaves it at ${three(after(state.guess))}`;
    if (state.guess === most)
      return ["right", `Yes: covered alone, ${place(most)} ${ends}, and no other lowers it further.${holds}${change}`];
    if (fall(state.guess) >= fall(most) - NEAR)
      return ["right", `Yes, as good as: covered alone, ${place(most)} ${ends}.${holds} ${yours}.${change}`];
    return ["other", `It is another one: covered alone, ${place(most)} ${ends}.${holds} ${yours}.${change}`];
  }

  // What is said before a guess: how many squares it takes, and not which.
  function asked() {
    const { least: fewest } = cover();
    const name = classes[highest(answered(0))];
    if (fewest === null) return `However they are covered, the answer stays ${name}.`;
    const turned = `the answer is no longer ${name}`;
    const how = "Choose “marks my guess” above, and press";
    return size(fewest) === 1
      ? `One square decides: with it covered, ${turned}. Which one? ${how} it.`
      : `No square decides alone: with ${size(fewest)} covered, ${turned}. ${how} one that you think is among them.`;
  }

  function showVerdict() {
    const { most, least: fewest } = cover();
    const guessed = state.guess >= 0;
    const [kind, text] = guessed ? judged() : ["", asked()];
    say(verdict, text);
    Object.assign(verdict.dataset, { kind, guess: state.guess, most: guessed ? most : "" });
    least.hidden = !guessed || fewest === null;
    least.textContent = size(fewest) === 1 ? "cover that one" : `cover those ${size(fewest)}`;
  }

  function put(next) {
    Object.assign(state, next);
    moveTo(state.square);
    images.forEach((image, i) => image.toggleAttribute("hidden", i !== state.picture));
    picture.put(state.picture);
    does.put(state.press);
    fill.put(state.fill);
    showSquares();
    showAnswer();
    showVerdict();
  }

  const allowed = {
    picture: [0, cases.length - 1, true],
    covered: [0, all, true],
    press: ["cover", "mark"],
    square: [0, count - 1, true],
    guess: [-1, count - 1, true],
    fill: [0, config.fills.length - 1, true],
  };
  begin(box, state, allowed, put);
}
