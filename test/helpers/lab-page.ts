import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { serveLab } from '../../src/commands/lab.js';
import { launchChromium } from './browser.js';

/** What is shown: the other steps are there as well, hidden. */
export const visible = 'section:not([hidden])';

/** The lab in a browser, both ended by `close`. */
export async function openLab(folder?: string, browser?: Browser) {
  const own = browser ?? (await launchChromium());
  const server = await serveLab(folder, 0);
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    browser: own,
    address,
    /** A page of the lab; what it complains of, or asks of other hosts, is collected. */
    visit: (fragment = '', settings: VisitSettings = {}) => visit(own, address, fragment, settings),
    close: async () => {
      if (!browser) await own.close();
      server.close();
    },
  };
}

interface VisitSettings {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly prepare?: (page: Page) => Promise<unknown>;
}

async function visit(
  browser: Browser,
  address: string,
  fragment: string,
  { width = 1200, colorScheme = 'light', prepare }: VisitSettings,
) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(address))
      complaints.push(`asks for ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()} answers ${response.status()}`);
  });
  await prepare?.(page);
  await page.goto(`${address}#${fragment}`);
  await page.waitForSelector('html[data-ready=true]');
  return { page, complaints };
}

/** Waits until an element of what is shown holds such a text. */
export const until = (page: Page, selector: string, pattern: RegExp) =>
  page.waitForFunction(
    ([css, source]) =>
      Array.from(document.querySelectorAll(css)).some(({ textContent }) => new RegExp(source).test(textContent ?? '')),
    [`${visible} ${selector}`, pattern.source] as const,
    { timeout: 60_000 },
  );
