/** Results of containerd's tests for variants of 32-bit ARM by the machine name of the kernel. */
import { type Table, agreeingTexts, differingTexts } from '../row.js'

export const armVariants: Table = {
  title: 'Variants of ARM by the name of the machine',
  about:
    'The input is the output of `uname -m`; the meaning is the variant of the images that the machine can run.',
  rows: [
    ...agreeingTexts('platforms', [
      ['aarch64', 'v8'],
      ['Armv8', 'v8'],
      ['armv7', 'v7'],
      ['armv6', 'v6'],
      ['armv5', 'v5'],
      ['armv4', 'v4'],
      ['armv3', 'v3'],
      ['armxxxx', 'none'],
      ['armv', 'none'],
    ]),
    ...differingTexts('platforms', [
      ['armv9', 'unknown', 'none', 'ARM without a variant means v7, which later machines can run.'],
    ]),
  ],
}
