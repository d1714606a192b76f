// What a page must hold for people who do not see it or do not use a mouse (WCAG 2.2, level AA, as far as a program can
// tell). Returns what is wrong, as sentences.
() => {
  const wrong = [];
  const said = (element) => `${element.tagName.toLowerCase()} “${element.textContent.trim().slice(0, 40)}”`;
  const shown = (element) => element.checkVisibility() && element.getClientRects().length > 0;

  // Language, title, landmarks, one first heading, no level left out (3.1.1, 2.4.2, 1.3.1)
  if (!document.documentElement.lang) wrong.push("no language");
  if (!/.+ · Customer Inventory/.test(document.title)) wrong.push("no title of its own");
  for (const landmark of ["header", "main", "footer"])
    if (document.querySelectorAll(`body > ${landmark}`).length !== 1) wrong.push(`not one ${landmark}`);
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].filter(shown).map((heading) => +heading.tagName[1]);
  if (levels.filter((level) => level === 1).length !== 1) wrong.push("not one first heading");
  levels.forEach((level, at) => {
    if (level > (levels[at - 1] ?? 0) + 1) wrong.push(`a heading of level ${level} after level ${levels[at - 1] ?? 0}`);
  });

  // Names of controls, pictures, tables, regions (4.1.2, 1.1.1)
  for (const control of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (![...(control.labels ?? [])].some((label) => label.textContent.trim())) wrong.push(`${control.id} has no label`);
  for (const link of document.querySelectorAll("a[href], button, summary"))
    if (!link.textContent.trim()) wrong.push(`${link.outerHTML.slice(0, 60)} has no text`);
  for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) wrong.push("a picture without alt");
  for (const table of document.querySelectorAll("table")) {
    if (!table.caption?.textContent.trim()) wrong.push("a table without caption");
    for (const head of table.querySelectorAll("th")) if (!head.scope) wrong.push(`${said(head)} has no scope`);
  }
  for (const region of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
    for (const id of `${region.getAttribute("aria-labelledby") ?? ""} ${region.getAttribute("aria-describedby") ?? ""}`.trim().split(/\s+/))
      if (!document.getElementById(id)) wrong.push(`nothing is called ${id}`);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id is used twice");

  // The order of Tab is the order of reading (2.4.3); targets are large enough (2.5.8, links in lines excepted)
  if (document.querySelector("[tabindex]:not([tabindex='0']):not([tabindex='-1'])")) wrong.push("an order of its own");
  for (const target of document.querySelectorAll("button, input:not([type=hidden]), select, .button, .chips a")) {
    const box = target.getBoundingClientRect();
    if (shown(target) && (box.height < 24 || box.width < 24)) wrong.push(`${said(target)} is too small a target`);
  }

  // Contrast of every text with the ground it is really painted on (1.4.3)
  const parts = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour) =>
    parts(colour).slice(0, 3).map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((parts(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !shown(element) || element.closest(".unseen, .skip, script")) continue;
    const style = getComputedStyle(element);
    const [one, other] = [luminance(style.color), luminance(ground(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) wrong.push(`${said(element)} has a contrast of ${ratio.toFixed(2)}`);
  }
  return wrong;
}
