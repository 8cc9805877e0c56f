"""Whether every text on a page stands out from its ground."""

CONTRASTS = """
(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const grounds = (node) => {
    const found = [];
    for (let each = node; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      found.push(...(style.backgroundImage.match(/rgb\\([^)]+\\)/g) ?? []));
      const [, , , alpha = 1] = parse(style.backgroundColor);
      if (alpha === 1) { found.push(style.backgroundColor); break; }
    }
    return found;
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !holder.checkVisibility()) continue;
    if (["SCRIPT", "NOSCRIPT", "TITLE", "title"].includes(holder.tagName)) continue;
    const style = getComputedStyle(holder);
    const ink = light(parse(holder.namespaceURI.endsWith("svg") ? style.fill : style.color));
    for (const ground of grounds(holder)) {
      const under = light(parse(ground));
      const contrast = (Math.max(ink, under) + 0.05) / (Math.min(ink, under) + 0.05);
      if (contrast < 4.5) poor.push(`${walker.currentNode.data}: ${contrast.toFixed(2)}`);
    }
  }
  return poor;
})()
"""
