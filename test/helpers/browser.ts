import { type Browser, chromium } from 'playwright-core';

/** Where Debian's package puts it, unless CHROMIUM says otherwise. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
