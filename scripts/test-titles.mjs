/** Reads the titles of the tests in a spec without running it. */
import ts from 'typescript'

const suites = new Set(['describe', 'suite'])
const cases = new Set(['it', 'test'])

/**
 * Returns the full titles (`suite > test`) in `text`, in order. Tests with `skip`, `todo` or `fails` are omitted. A
 * test over a table whose title is only a placeholder has one title per row.
 */
export function testTitles(text, file = 'x.spec.ts') {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const titles = []
  visit(source, [])
  return titles

  function visit(node, path) {
    const declared = ts.isCallExpression(node) ? declaration(node) : undefined
    if (declared?.off) return
    if (declared?.kind === 'case')
      for (const title of declared.titles) titles.push([...path, title].join(' > '))
    else if (declared) node.arguments.forEach((each) => visit(each, [...path, ...declared.titles]))
    else ts.forEachChild(node, (child) => visit(child, path))
  }

  /**
   * Parses `it('title', …)`, `it.each(table)('title', …)`, or a call of a function of the spec that takes a title and a
   * body.
   */
  function declaration({ expression, arguments: [first, ...rest] }) {
    const callee = chain(expression)
    if (callee === undefined || first === undefined) return undefined
    const own = textOf(first)
    const isCase = cases.has(callee.name)
    if (!isCase && !suites.has(callee.name)) {
      const takesBody = callee.names.length === 0 && rest.some(ts.isArrowFunction)
      return own !== undefined && takesBody ? { kind: 'suite', titles: [own] } : undefined
    }
    if (own === undefined && !isCase) return { kind: 'suite', titles: [] }
    const off = callee.names.some((name) => ['skip', 'todo', 'fails'].includes(name))
    return { kind: isCase ? 'case' : 'suite', off, titles: withRows(own ?? '', callee.table) }
  }

  function withRows(title, table) {
    if (!/^(?:%s|\$0)$/.test(title)) return [title]
    const rows = rowTitles(table)
    return rows.length === 0 ? [title] : rows
  }

  /** Returns the names of the rows of a table: their first strings, or the keys of an object. */
  function rowTitles(table) {
    if (table === undefined) return []
    if (ts.isArrayLiteralExpression(table))
      return table.elements.flatMap((row) => {
        const found = ts.isArrayLiteralExpression(row) ? row.elements[0] : row
        return (found && textOf(found)) ?? []
      })
    if (ts.isCallExpression(table) && table.expression.getText(source) === 'Object.entries') {
      const [object] = table.arguments
      const literal = object && ts.isIdentifier(object) ? initializer(object.text) : object
      if (literal && ts.isObjectLiteralExpression(literal))
        return literal.properties.flatMap(
          ({ name }) => (name && (textOf(name) ?? name.getText(source))) ?? [],
        )
    }
    return []
  }

  function initializer(name) {
    for (const statement of source.statements) {
      if (!ts.isVariableStatement(statement)) continue
      const found = statement.declarationList.declarations.find((each) => each.name.getText(source) === name)
      if (found?.initializer) return found.initializer
    }
    return undefined
  }

  /** Splits `it.skipIf(x).each(table)` into its first name, the following names, and the table. */
  function chain(expression, names = [], table = undefined) {
    if (ts.isIdentifier(expression)) return { name: expression.text, names, table }
    if (ts.isPropertyAccessExpression(expression))
      return chain(expression.expression, [expression.name.text, ...names], table)
    if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression))
      return undefined
    const over = ['each', 'for'].includes(expression.expression.name.text) ? expression.arguments[0] : table
    return chain(expression.expression, names, over)
  }
}

/** Returns the text of a title, with `…` for the substitutions of a template. */
function textOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const parts = [textOf(node.left), textOf(node.right)]
    return parts.includes(undefined) ? undefined : parts.join('')
  }
  return ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)
    ? textOf(node.expression)
    : undefined
}
