import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeScopes, pullScope, pushScope } from '../../../../lib/registry/auth/scope.js'

describe('mergeScopes', () => {
  it.each([
    ['', ['repository:a:pull'], 'repository:a:pull'],
    ['repository:a:pull', ['repository:a:pull,push'], 'repository:a:pull,push'],
    ['repository:a:push', ['repository:b:pull'], 'repository:a:push repository:b:pull'],
    ['repository:host:5000/a:pull', ['repository:host:5000/a:push'], 'repository:host:5000/a:pull,push'],
    ['aws', ['repository:a:pull'], 'aws repository:a:pull'],
    ['  registry:catalog:*  repository:a:pull ', [], '  registry:catalog:*  repository:a:pull '],
  ])('merges the scopes of the challenge and the needed scopes: %s, %s', (challenged, needed, merged) => {
    expect(mergeScopes(challenged, needed)).toBe(merged)
  })

  it('lists every action once', () => {
    const scope = fc.constantFrom(...['a', 'b/c', 'd'].flatMap((name) => [pullScope(name), pushScope(name)]))
    fc.assert(
      fc.property(fc.array(scope), fc.array(scope, { minLength: 1 }), (challenged, needed) => {
        const merged = mergeScopes(challenged.join(' '), needed)
        const actionsOf = (scopes: readonly string[]): string[] =>
          scopes.flatMap((each) => {
            const colon = each.lastIndexOf(':')
            return each
              .slice(colon + 1)
              .split(',')
              .map((action) => `${each.slice(0, colon)}:${action}`)
          })
        const found = actionsOf(merged.split(' '))
        expect(found.toSorted()).toEqual([...new Set(actionsOf([...challenged, ...needed]))].toSorted())
      }),
    )
  })
})
