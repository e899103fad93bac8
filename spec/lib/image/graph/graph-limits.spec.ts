import { describe, expect, it } from 'vitest'
import type { LinkRole } from '../../../../lib/image/graph/document-links.js'
import { GraphBudget } from '../../../../lib/image/graph/graph-limits.js'

const link = (role: LinkRole, digest = 'sha256:a') => ({ role, descriptor: { digest } })

describe('the budget of a walk', () => {
  it('limits the nesting of indexes, and a config is no level of it', () => {
    const budget = new GraphBudget({ indexDepth: 1 }, 'app')
    budget.countDocument(link('manifest'), 1)
    budget.countDocument(link('config'), 2)
    expect(() => budget.countDocument(link('manifest'), 2)).toThrow(
      'The indexes of app are nested 2 levels deep at sha256:a',
    )
  })

  it('limits the number of all documents together, and their bytes', () => {
    const budget = new GraphBudget({ documents: 2, bytes: 10 }, 'app')
    budget.countDocument(link('manifest'), 0)
    budget.countDocument(link('config'), 1)
    budget.countBytes(link('manifest'), 4)
    budget.countBytes(link('config'), 6)
    expect(() => budget.countDocument(link('manifest', 'sha256:b'), 0)).toThrow(
      /of app: sha256:b exceeds the maximum of 2 documents/,
    )
    expect(() => budget.countBytes(link('manifest', 'sha256:b'), 1)).toThrow(
      /of app: sha256:b exceeds the maximum of 10 bytes/,
    )
  })

  it('names what it is about without the name of an image', () => {
    const budget = new GraphBudget({ documents: 0 })
    expect(() => budget.countDocument(link('manifest'), 0)).toThrow('that lead to sha256:a')
  })

  it('has no limits unless they are given', () => {
    const budget = new GraphBudget()
    for (let depth = 0; depth < 1_000; depth++) budget.countDocument(link('manifest'), depth)
    budget.countBytes(link('manifest'), 2 ** 50)
  })
})
