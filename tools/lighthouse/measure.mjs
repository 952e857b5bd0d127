// Judges a page with Lighthouse as a telephone would see it, and prints one line of JSON per run: {gpu, scores, paint}. Arguments: the page's
// address, Chromium's path, how many runs, and Chromium's flags. Each run has a profile of its own: a first visit.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const [url, executablePath, runs, ...args] = process.argv.slice(2);

async function judge(gpu) {
  const userDataDir = await mkdtemp(join(tmpdir(), "reverie-lighthouse-"));
  const browser = await puppeteer.launch({ executablePath, args, userDataDir });
  try {
    const page = await browser.newPage();
    // No flag of Chromium's takes WebGPU away.
    if (!gpu) await page.evaluateOnNewDocument("delete Navigator.prototype.gpu");
    const { lhr } = await lighthouse(url, { logLevel: "error" }, undefined, page);
    const scores = Object.fromEntries(Object.values(lhr.categories).map((c) => [c.id, c.score]));
    const failed = Object.values(lhr.audits).filter((a) => a.scoreDisplayMode === "error" || (a.score !== null && a.score < 0.9)).map((a) => `${a.id} ${a.errorMessage ?? a.displayValue ?? ""}`.trim());
    console.log(JSON.stringify({ gpu, scores, paint: lhr.audits["largest-contentful-paint"].numericValue, blocked: lhr.audits["total-blocking-time"].numericValue, failed }));
  } finally {
    await browser.close();
    await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

for (let i = 0; i < Number(runs); i++) for (const gpu of [true, false]) await judge(gpu);
