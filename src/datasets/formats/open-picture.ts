/** A picture whose header has been read. */
export interface OpenPicture {
  readonly width: number;
  readonly height: number;
  /** Whether the file says that it has no colours. */
  readonly grey: boolean;
  /**
   * Decodes the pixels, `[H, W, 4]`: red, green, blue and alpha.
   *
   * @throws {UserError} that names the file, if it is damaged
   */
  rgba(): Promise<Uint8Array | Uint8ClampedArray>;
}
