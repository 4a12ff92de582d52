"""Pages with labs on them, and hands to work the labs with."""

import html

import numpy as np

PAGE = (
    '<!doctype html><html lang="en"{theme}><head><meta charset="utf-8"><title>Labs</title>'
    '<meta name="viewport" content="width=device-width"></head><body><main><h1>Labs</h1>{labs}'
    "</main></body></html>"
)


def page(shown, theme="", framed=False):
    """Return a page with labs, in a notebook's sandboxed frame if wanted."""
    whole = PAGE.format(theme=theme, labs="".join(lab._repr_html_() for lab in shown))
    if not framed:
        return whole
    frame = '<iframe title="output" sandbox="allow-scripts" width="1000" height="1300" srcdoc="{}">'
    return PAGE.format(theme="", labs=frame.format(html.escape(whole)) + "</iframe>")


def picture(rows=21, columns=18):
    """Return a smooth blob with noise on it, odd one way and even the other."""
    y, x = np.mgrid[:rows, :columns]
    blob = 180 * np.exp(-((y - rows / 2) ** 2 + (x - columns / 3) ** 2) / 30)
    return (blob + np.random.default_rng(0).uniform(0, 60, (rows, columns))).astype(np.uint8)


def lab_in(tab, name):
    return tab.locator(f'.cxr-lab[data-name="{name}"]')


def numbers(lab):
    rows, columns = (
        int(lab.locator("output[data-rows]").get_attribute(f"data-{k}"))
        for k in ("rows", "columns")
    )
    return np.array(lab.locator(".two canvas").nth(1).evaluate("c => c.numbers")).reshape(
        rows, columns
    )


def value(lab, which, key="value"):
    return float(lab.locator(which).get_attribute(f"data-{key}"))


def choose(lab, group, option):
    lab.get_by_role("group", name=group, exact=True).get_by_role(
        "radio", name=option, exact=True
    ).check()
