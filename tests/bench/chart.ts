/** Horizontal bars as an SVG, in light and dark. */

export interface Chart {
  readonly title: string;
  readonly bars: readonly { readonly label: string; readonly value: number }[];
}

const WIDTH = 720;
const LABEL_WIDTH = 160;
const BAR_HEIGHT = 18;
const GAP = 26;
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #222 } .title { font-weight: 600 } rect { fill: #9ab } .ours { fill: #0b7a75 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } rect { fill: #567 } .ours { fill: #2cc3bb } }`;

export function barChart(charts: readonly Chart[]): string {
  let y = 0;
  const parts = charts.map(({ title, bars }) => {
    const longest = Math.max(...bars.map(({ value }) => value).filter(Number.isFinite), Number.MIN_VALUE);
    y += GAP;
    const lines = [`<text class="title" x="0" y="${y}">${escapeXml(title)}</text>`];
    for (const { label, value } of bars.filter((bar) => Number.isFinite(bar.value))) {
      y += BAR_HEIGHT + 4;
      const width = (value / longest) * (WIDTH - LABEL_WIDTH - 80);
      const kind = label === 'wayfare' ? ' class="ours"' : '';
      lines.push(
        `<text x="0" y="${y}">${escapeXml(label)}</text>`,
        `<rect${kind} x="${LABEL_WIDTH}" y="${y - 13}" width="${width.toFixed(1)}" height="${BAR_HEIGHT - 2}" rx="2"/>`,
        `<text x="${(LABEL_WIDTH + width + 8).toFixed(1)}" y="${y}">${value.toPrecision(3)}</text>`,
      );
    }
    return lines.join('\n');
  });
  const size = `width="${WIDTH}" height="${y + GAP}" viewBox="0 0 ${WIDTH} ${y + GAP}"`;
  const title = '<title>Throughput, latency and cost, medians</title>';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n${title}\n<style>${STYLE}\n</style>\n${parts.join('\n')}\n</svg>\n`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
