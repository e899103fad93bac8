import { expect, it, vi } from 'vitest'
import { cloneContent } from '../../../lib/system/reflink.js'

const calls = vi.hoisted(() => [] as unknown[])
vi.mock('../../../lib/system/libc.js', () => ({
  requireFunction: (declaration: string) => ({
    call: (...values: readonly unknown[]) => calls.push([declaration, ...values]),
  }),
}))

it('the content of one file becomes that of another by FICLONE, which is called on the target', () => {
  cloneContent(3, 4)
  expect(calls).toEqual([['int ioctl(int fd, unsigned long request, int argument)', 4, 0x40049409, 3]])
})
