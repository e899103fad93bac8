import { expect, it } from 'vitest'
import { tomlLineOf } from '../../../../../lib/registry/hosts/files/toml-line.js'

const text = `a = 1
[[registry]]
location = "a"
[[registry]]
location = "b" # second
  [[registry.mirror]]
  location = "c"

  [[registry.mirror]]
  'location' = "d"
[host."https://x"]
ca = [
  1
]
[host."https://x".header]
"x-a" = 1
b.c = 2
`
it.each([
  [['a'], 1],
  [['registry', 0, 'location'], 3],
  [['registry', 1, 'location'], 5],
  [['registry', 1], 4],
  [['registry', 1, 'mirror', 1, 'location'], 10],
  [['registry', 1, 'mirror', 0, 'insecure'], 6],
  [['host', 'https://x', 'ca'], 12],
  [['host', 'https://x', 'header', 'x-a'], 16],
  [['host', 'https://x', 'header', 'b', 'c'], 17],
  [['registry'], 2],
  [['host'], 11],
  [['host', 'https://y'], undefined],
  [[], undefined],
])('finds the line of %j', (path, line) => {
  expect(tomlLineOf(text, path)).toBe(line)
})
