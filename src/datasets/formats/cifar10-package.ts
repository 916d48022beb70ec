/** The npm package's files that are of use: labels ("lables" it says), and PNGs with one image a row. */
export const labelFiles: readonly string[] = ['train_lables.json', 'test_lables.json'];
export const pngFiles: readonly string[] = [1, 2, 3, 4, 5]
  .map((batch) => `data_batch_${batch}.png`)
  .concat('test_batch.png');

export const packageFiles: readonly string[] = [...labelFiles, ...pngFiles];
