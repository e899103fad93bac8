/** Results of containerd's tests for variants of 32-bit ARM by the machine name of the kernel. */
import { type Table, agreed, differing } from '../row.js'

export const armVariants: Table = {
  title: 'Variants of ARM by the name of the machine',
  about: 'The input is what `uname -m` says; the meaning is the variant of the images that run there.',
  rows: [
    ...agreed('platforms', [
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
    ...differing('platforms', [
      ['armv9', 'unknown', 'none', 'Without a variant arm is v7, which later machines run.'],
    ]),
  ],
}
