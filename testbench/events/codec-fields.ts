/** Reads codecs of io-ts from their source: the fields with their types and comments. */
import ts from 'typescript'

/** A field of an object. */
export interface CodecField {
  /** Path of the field: `bytes.total`; `layers[].digest` in an array of objects. */
  readonly path: string
  /** `string`, `number`, `true or false`, one of some words, or `array of` these. */
  readonly type: string
  readonly isOptional: boolean
  /** Its comment; empty if it has none. */
  readonly text: string
}

/** A codec of an object that a source file declares. */
export interface CodecDocument {
  readonly name: string
  /** Comment of the declaration. */
  readonly text: string
  readonly fields: readonly CodecField[]
}

/** Returns the codecs that `names` declare in a source file. */
export function codecDocuments(source: string, names: readonly string[]): readonly CodecDocument[] {
  const file = ts.createSourceFile('codecs.ts', source, ts.ScriptTarget.Latest, true)
  const declared = new Map<string, ts.VariableDeclaration>()
  for (const statement of file.statements)
    if (ts.isVariableStatement(statement))
      for (const each of statement.declarationList.declarations)
        if (each.initializer) declared.set(each.name.getText(), each)
  const reader = new CodecReader(declared)
  return names.map((name) => {
    const declaration = declared.get(name)
    if (!declaration) throw new Error(`There is no codec ${name}`)
    return { name, text: commentOf(declaration.parent.parent), fields: reader.fields(reader.value(name), '') }
  })
}

/** Names of the codecs that a union combines. */
export function unionMembers(source: string, name: string): readonly string[] {
  const match = new RegExp(`const ${name} = t\\.union\\(\\[([^\\]]*)\\]`).exec(source)
  if (!match) throw new Error(`There is no union ${name}`)
  return match[1]!
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
}

class CodecReader {
  readonly #declared: ReadonlyMap<string, ts.VariableDeclaration>

  constructor(declared: ReadonlyMap<string, ts.VariableDeclaration>) {
    this.#declared = declared
  }

  value(name: string): ts.Expression {
    const initializer = this.#declared.get(name)?.initializer
    if (!initializer) throw new Error(`There is no codec ${name}`)
    return ts.isAsExpression(initializer) ? initializer.expression : initializer
  }

  /** Fields of an object, and of the objects in it. */
  fields(codec: ts.Expression, prefix: string, isOptional = false): readonly CodecField[] {
    const expression = this.#resolved(codec)
    if (ts.isCallExpression(expression)) {
      const argument = expression.arguments[0]
      const kind = kindOf(expression)
      if (kind === 'intersection' && argument && ts.isArrayLiteralExpression(argument))
        return argument.elements.flatMap((part) => this.fields(part, prefix, isOptional))
      if ((kind === 'type' || kind === 'partial') && argument && ts.isObjectLiteralExpression(argument))
        return argument.properties.flatMap((property) =>
          this.#property(property, prefix, isOptional || kind === 'partial'),
        )
    }
    return []
  }

  #property(
    property: ts.ObjectLiteralElementLike,
    prefix: string,
    isOptional: boolean,
  ): readonly CodecField[] {
    if (!ts.isPropertyAssignment(property)) throw new Error(`Not a field: ${property.getText()}`)
    const path = prefix + property.name.getText()
    const field = { path, type: this.#type(property.initializer), isOptional, text: commentOf(property) }
    const [inner, suffix] = this.#element(property.initializer)
    return [field, ...this.fields(inner, `${path}${suffix}.`)]
  }

  /** The codec of the elements of an array; another codec itself. */
  #element(codec: ts.Expression): readonly [codec: ts.Expression, suffix: string] {
    const expression = this.#resolved(codec)
    if (ts.isCallExpression(expression) && kindOf(expression) === 'array' && expression.arguments[0])
      return [expression.arguments[0], '[]']
    return [expression, '']
  }

  #type(codec: ts.Expression): string {
    const expression = this.#resolved(codec)
    if (ts.isPropertyAccessExpression(expression)) {
      const name = expression.name.text
      return name === 'boolean' ? 'true or false' : name
    }
    if (!ts.isCallExpression(expression)) throw new Error(`Not a codec: ${expression.getText()}`)
    const argument = expression.arguments[0]
    const kind = kindOf(expression)
    if (kind === 'literal' && argument) return `\`${this.#literal(argument)}\``
    if (kind === 'array' && argument) return `array of ${plural(this.#type(argument))}`
    if (kind === 'keyof' && argument) {
      const keys = this.#resolved(argument)
      if (ts.isObjectLiteralExpression(keys))
        return keys.properties
          .map((key) => `\`${(key.name?.getText() ?? '').replaceAll("'", '')}\``)
          .join(', ')
    }
    return 'object'
  }

  #literal(value: ts.Expression): string {
    return ts.isIdentifier(value) && value.text === 'eventVersion' ? '1' : value.getText().replaceAll("'", '')
  }

  #resolved(expression: ts.Expression): ts.Expression {
    return ts.isIdentifier(expression) && this.#declared.has(expression.text)
      ? this.#resolved(this.value(expression.text))
      : expression
  }
}

/** `type` of `t.type(…)`. */
const kindOf = ({ expression }: ts.CallExpression): string =>
  ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText()

const plural = (type: string): string => (type === 'object' || type === 'string' ? `${type}s` : type)

/** Text of the comment before a node, without its marks. */
function commentOf(node: ts.Node): string {
  const text = node.getSourceFile().text
  const last = ts.getLeadingCommentRanges(text, node.getFullStart())?.at(-1)
  if (!last) return ''
  return text
    .slice(last.pos + 3, last.end - 2)
    .replaceAll(/\n\s*\*/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
