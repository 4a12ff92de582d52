"""What a page shows that nothing but a browser can tell: each page is opened once for all of it."""

# Elements that reach over the window's edge although nothing around them scrolls.
TOO_WIDE = """() => {
  const inside = (e) => {
    for (let p = e.parentElement; p; p = p.parentElement)
      if (/auto|scroll|hidden/.test(getComputedStyle(p).overflowX) && p !== document.body
          && p !== document.documentElement) return true;
    return false;
  };
  const wide = [...document.querySelectorAll('.bd-article *, .bd-footer-content *')]
    .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1
                 && !inside(e))
    .map(e => e.tagName + '.' + e.className).slice(0, 5);
  const page = document.scrollingElement;
  if (page.scrollWidth > innerWidth + 1) wide.push('the page: ' + page.scrollWidth);
  return wide;
}"""
FITS = TOO_WIDE.replace(".bd-article *", "body *")  # on a page of labs alone

# Parts of a lab that stick out of the box around them, and so lie on what follows.
SPILLED = """() => {
  const spilled = [];
  for (const box of document.querySelectorAll('.cxr-lab div'))
    for (const part of box.children) {
      const over = part.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom;
      const placed = getComputedStyle(part).position === 'absolute';
      if (part.getClientRects().length && over > 2 && !placed)
        spilled.push(`${part.tagName} by ${Math.round(over)} pixels`);
    }
  return spilled.slice(0, 5);
}"""

# A class of ours that the theme has, too, such as Font Awesome's `far`, changes the letters.
ICON_WORDS = """[...document.querySelectorAll('.cxr-lab *')]
  .filter(e => getComputedStyle(e).fontFamily.includes('Awesome')).map(e => e.className)"""
NO_TEXT = """async () => {
  const images = [...document.images]; // those of other screens and further down load only now
  for (const image of images) image.loading = 'eager';
  await Promise.allSettled(images.map((image) => image.decode()));
  return images.filter(i => i.getAttribute('alt') === null
    || (i.closest('.bd-article') && (i.alt.length < 3 || !i.naturalWidth))).map(i => i.src);
}"""
LOOKS = {"wide, light": (1280, "light"), "phone, dark": (390, "dark")}
TURNED = """async (dark) => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await frame();
  const glide = Promise.allSettled(document.getAnimations().map((one) => one.finished));
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  await Promise.race([glide, wait(500)]);
  // The theme lets the keyboard into boxes that scroll, some 300 ms after the width changed.
  const shut = () => [...document.querySelectorAll('.bd-article [tabindex="-1"]')]
    .some((e) => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight);
  for (let tries = 0; shut() && tries < 20; tries++) await wait(100);
  return (document.documentElement.dataset.theme === "dark") === dark;
}"""


def barriers(tab, impacts=("moderate", "serious", "critical")):
    """Return what axe-core finds on a page, of these impacts: rule, text, where."""
    from axe_playwright_python.sync_playwright import Axe

    # What it would fetch again (`preload`) only an experimental rule reads.
    options = {"preload": False, "resultTypes": ["violations"]}
    found = Axe().run(tab, options=options).response["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:160]}"
        for rule in found
        if rule["impact"] in impacts
        for node in rule["nodes"]
    ]


def too_wide(tab):
    """Say what reaches over the window's edge, or out of the box around it."""
    out = [f"too wide: {one}" for one in tab.evaluate(TOO_WIDE)]
    return out + [f"sticks out: {one}" for one in tab.evaluate(SPILLED)]


def turn(tab, width, scheme):
    """Change the window's width and the system's colours under an open page; wait for it."""
    tab.set_viewport_size({"width": width, "height": 850})
    tab.emulate_media(color_scheme=scheme)
    return tab.evaluate(TURNED, scheme == "dark")


def assert_labs_can_be_read(tab):
    assert tab.evaluate(FITS) == []
    assert barriers(tab) == []


def look_at(visit, page):
    """Open a page once; return what it says, and what is wrong in each of the looks."""
    visit.problems.clear()
    visit.tab.set_viewport_size({"width": 1280, "height": 850})
    visit.tab.emulate_media(color_scheme="light")
    tab = visit.open(page, settle=True)
    foot = tab.locator("footer .education-only")
    seen = {
        "headings": tab.locator(".bd-article h1").count(),
        "foot": foot.all_inner_texts(),
        "images without a text": tab.evaluate(NO_TEXT),
        "words in an icon's font": tab.evaluate(ICON_WORDS),
        "links": tab.evaluate("[...document.querySelectorAll('a')].map(a => a.href)"),
        "formulas": tab.locator("math").count(),
    }
    for look, (width, scheme) in LOOKS.items():
        turned = turn(tab, width, scheme)
        seen[look] = {
            "turned": turned,
            "too wide": too_wide(tab),
            "barriers": barriers(tab),
            "filters": tab.evaluate(
                "[...document.querySelectorAll('.bd-article img')]"
                ".map(i => getComputedStyle(i).filter)"
            ),
        }
    return seen | {"problems": list(visit.problems)}
