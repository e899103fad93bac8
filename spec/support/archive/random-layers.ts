/** Layers drawn at random, with links, whiteouts and names that climb. */
import fc from 'fast-check'
import { directory, file, hardlink, type Made, symlink, whiteout } from './scratch.js'

const name = fc.constantFrom('a', 'b', 'c', 'd')
const step = fc.oneof(
  { weight: 8, arbitrary: name },
  { weight: 1, arbitrary: fc.constantFrom('..', '.', '') },
)
/** A path of few names, which may climb. */
export const path = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => steps.join('/'))
const target = fc.oneof(
  path,
  path.map((p) => `/${p}`),
  fc.constantFrom('..', '../root-outside', '../../root-outside/secret', '/'),
)
/** An entry; with `whiteouts`, perhaps one. Names are few, so that entries meet. */
export const entry = (whiteouts: boolean): fc.Arbitrary<Made> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.tuple(path, fc.nat(3)).map(([p, n]) => file(p, 'x'.repeat(n))) },
    { weight: 4, arbitrary: path.map((p) => directory(p)) },
    { weight: 3, arbitrary: fc.tuple(path, target).map(([p, t]) => symlink(p, t || '.')) },
    { weight: 2, arbitrary: fc.tuple(path, target).map(([p, t]) => hardlink(p, t)) },
    ...(whiteouts
      ? [
          { weight: 3, arbitrary: fc.tuple(path, name).map(([p, n]) => whiteout(`${p}/.wh.${n}`)) },
          { weight: 1, arbitrary: path.map((p) => whiteout(`${p}/.wh..wh..opq`)) },
        ]
      : []),
  )
/** The entries of three layers, base first. Many are refused. */
export const layers = fc.tuple(
  fc.array(entry(false), { maxLength: 14 }),
  fc.array(entry(true), { maxLength: 14 }),
  fc.array(entry(true), { maxLength: 8 }),
)
