/** What users and contributors read: messages, hints and comments. */
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { sourcesBelow, textOf } from '../support/source-tree.js'

const sources = sourcesBelow('lib', 'pipelines', 'puller', 'doctor', 'cli')

/** The texts that an expression may have, with `…` for what is put in. */
function textsOf(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')]
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)]
  if (ts.isBinaryExpression(node))
    return textsOf(node.left).flatMap((left) => textsOf(node.right).map((right) => left + right))
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression)
  return []
}

/** The hints that stand in a file as texts. */
function hintsIn(file: string): string[] {
  const hints: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'hint')
      hints.push(...textsOf(node.initializer))
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true))
  return hints
}

const unclear = [
  /Unexpected HTTP response/,
  /left alone/,
  /has no way to/,
  /none of them gave/,
  /[Ee]very place failed/,
  /\bhardly\b/,
  /\b[Nn]obody\b(?![`'])/,
  /\bbe it\b/,
  /worse news/,
  /[Tt]wice is once/,
  /from what is none/,
  /as often as there are/,
  /asked directly/,
  /held against/,
  /stands? there\b/,
  /is not here\b/,
]

describe('what is read by people', () => {
  it('has hints that are sentences', () => {
    const hints = sources.flatMap((file) => hintsIn(file).map((hint) => `${file}: ${hint}`))
    expect(hints.length).toBeGreaterThan(80)
    expect(hints.filter((hint) => !/: (?:[A-Z“…]|--)/.test(hint) || !/[.?…]$/.test(hint))).toEqual([])
  })

  it('has none of the phrases that readers did not understand', () => {
    const found = sources.flatMap((file) =>
      textOf(file)
        .split('\n')
        .filter((line) => unclear.some((phrase) => phrase.test(line)))
        .map((line) => `${file}: ${line.trim()}`),
    )
    expect(found).toEqual([])
  })
})
