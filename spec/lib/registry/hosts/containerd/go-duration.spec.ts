import { expect, it } from 'vitest'
import { parseGoDuration } from '../../../../../lib/registry/hosts/containerd/go-duration.js'

it.each([
  ['1s', 1000],
  ['500ms', 500],
  ['1m30s', 90_000],
  ['.5s', 500],
  ['1.5h', 5_400_000],
  ['250us', 0.25],
  ['10µs', 0.01],
  ['0', 0],
  ['+2s', 2000],
])('reads %s as %d ms', (text, milliseconds) => expect(parseGoDuration(text)).toBe(milliseconds))

it.each(['', '1', 's', '-1s', '1 s', '1d', '.s', '1s2', '25h', '1e3s', '..5s'])('rejects %j', (text) =>
  expect(parseGoDuration(text)).toBeUndefined(),
)
