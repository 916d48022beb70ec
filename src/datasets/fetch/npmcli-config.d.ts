/** The settings npm knows, which @npmcli/config keeps apart from the class that reads them, and which no types cover. */
declare module '@npmcli/config/lib/definitions/index.js' {
  import type Config from '@npmcli/config';

  const settings: Required<Pick<Config.Options, 'definitions' | 'shorthands' | 'flatten'>>;
  export default settings;
}
