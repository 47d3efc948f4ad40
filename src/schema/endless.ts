type Schema = Readonly<Record<string, unknown>>

/**
 * Says why a schema, which is not too deep, has no end, or undefined where it has one: it refers to itself without going into the value,
 * or it asks for a value that holds itself again and again. A tree whose branches may end is fine.
 */
export function endlessReason(root: Schema): string | undefined {
  const nodes = nodesIn(root)
  const graph = new Graph(root)
  if (hasCycle(nodes, (node) => graph.inPlace(node))) return 'refers to itself without end'
  return graph.hasEnd(nodes) ? undefined : 'asks for a value that would have to hold itself without end'
}

// Whatever looks like a schema counts as one: a value in `enum` or `default` that is taken for one does no harm.
function nodesIn(root: Schema): readonly Schema[] {
  const found: Schema[] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if (isSchema(node)) found.push(node)
    for (const inner of Object.values(node)) walk(inner)
  }
  walk(root)
  return found
}

class Graph {
  readonly #root: Schema

  constructor(root: Schema) {
    this.#root = root
  }

  /** The schemas that apply to the same value as this one. */
  inPlace(node: Schema): readonly Schema[] {
    const { $ref, $dynamicRef, not, if: when, then, else: otherwise, dependentSchemas } = node
    const lists = [node.allOf, node.anyOf, node.oneOf].flatMap(schemasIn)
    const single = [this.target($ref), this.target($dynamicRef), not, when, then, otherwise].filter(isSchema)
    return [...lists, ...single, ...schemasIn(dependentSchemas)]
  }

  /** Finds what a local reference means; others are somebody else's to refuse. */
  target(ref: unknown): Schema | undefined {
    if (typeof ref !== 'string' || !/^#(?:\/|$)/.test(ref)) return undefined
    let at: unknown = this.#root
    for (const step of ref.split('/').slice(1)) {
      const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~')
      at =
        typeof at === 'object' && at !== null
          ? Object.entries(at).find(([key]) => key === name)?.[1]
          : undefined
    }
    return isSchema(at) ? at : undefined
  }

  /** Tells whether there is a value without end in it that every schema here would take: the least fixed point of "has an end". */
  hasEnd(nodes: readonly Schema[]): boolean {
    const ending = new Set<Schema>()
    const ends = (inner: unknown): boolean => !isSchema(inner) || ending.has(inner)
    for (let before = -1; before !== ending.size; ) {
      before = ending.size
      // From the leaves up, so that most of it is found in the first round.
      for (const node of nodes.toReversed()) if (!ending.has(node) && this.#ends(node, ends)) ending.add(node)
    }
    return ending.has(this.#root)
  }

  #ends(node: Schema, ends: (inner: unknown) => boolean): boolean {
    const { $ref, allOf, anyOf, oneOf } = node
    if (!ends(this.target($ref)) || !schemasIn(allOf).every(ends)) return false
    if ([anyOf, oneOf].some((some) => Array.isArray(some) && some.length > 0 && !some.some(ends)))
      return false
    if (node.enum !== undefined || node.const !== undefined) return true
    const types = Array.isArray(node.type) ? node.type : [node.type]
    return types.some((type) => this.#endsAs(type, node, ends))
  }

  #endsAs(type: unknown, node: Schema, ends: (inner: unknown) => boolean): boolean {
    if (type === 'object') {
      const { properties, required } = node
      if (!Array.isArray(required) || !isSchema(properties)) return true
      return required.every(
        (name) => typeof name !== 'string' || !Object.hasOwn(properties, name) || ends(properties[name]),
      )
    }
    if (type === 'array') {
      const { minItems, items, prefixItems } = node
      if (typeof minItems !== 'number' || minItems < 1) return true
      return schemasIn(prefixItems).every(ends) && (Array.isArray(items) || ends(items))
    }
    return true
  }
}

function hasCycle(nodes: readonly Schema[], next: (node: Schema) => readonly Schema[]): boolean {
  const done = new Set<Schema>()
  const open = new Set<Schema>()
  const visit = (node: Schema): boolean => {
    if (open.has(node)) return true
    if (done.has(node)) return false
    open.add(node)
    const isBack = next(node).some(visit)
    open.delete(node)
    done.add(node)
    return isBack
  }
  return nodes.some(visit)
}

function schemasIn(some: unknown): readonly Schema[] {
  return typeof some === 'object' && some !== null ? Object.values(some).filter(isSchema) : []
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}
