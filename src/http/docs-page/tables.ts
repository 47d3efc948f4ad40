import type { Field } from './fields.ts'
import { html, joined, type Markup, nothing, prose } from './markup.ts'

/** One column of a table; a column in which every row is empty is left out. */
export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => Markup
  /** True for sentences, which take a line of their own where there is little room. */
  readonly isProse?: boolean
}

/**
 * Makes a table whose first column names its rows. The roles are said although the elements imply them: narrow screens lay the rows
 * out as blocks, which takes the implied ones away in some browsers.
 */
export function table<Row>(label: string, rows: readonly Row[], columns: readonly Column<Row>[]): Markup {
  const filled = columns.filter(({ cell }) => rows.some((row) => cell(row).text !== ''))
  return html`<table role="table" aria-label="${label}">
<thead role="rowgroup"><tr role="row">${filled.map(
    ({ title }) => html`<th scope="col" role="columnheader">${title}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${rows.map(
    (row) => html`
<tr role="row">${filled.map(({ cell, isProse }, index) =>
      index === 0
        ? html`<th scope="row" role="rowheader">${cell(row)}</th>`
        : html`<td role="cell"${isProse ? proseClass : nothing}>${cell(row)}</td>`,
    )}</tr>`,
  )}
</tbody></table>
`
}

/** Makes the table of an object's fields. `presence` heads the column that tells required from optional ones. */
export function fieldTable(
  label: string,
  fields: readonly Field[],
  presence: { readonly title: string; readonly yes: string; readonly no: string },
): Markup {
  return table<Field>(label, fields, [
    { title: 'Name', cell: fieldName },
    { title: 'Type', cell: ({ type }) => html`${type}` },
    { title: presence.title, cell: ({ required }) => html`${required ? presence.yes : presence.no}` },
    { title: 'Bounds', cell: ({ bounds }) => html`${joined(bounds, '; ')}` },
    { title: 'Description', cell: ({ description }) => prose(description), isProse: true },
  ])
}

/** How a request's fields are called that must be there, or need not. */
export const inRequest = { title: 'Required', yes: 'required', no: 'optional' }

/** How a reply's fields are called that are always there, or not. */
export const inReply = { title: 'Present', yes: 'always', no: 'sometimes' }

const proseClass = html` class="prose"`

function fieldName({ path, name }: Field): Markup {
  if (path === '') return html`<code>${name}</code>`
  const steps = path.split('.').filter((step) => step !== '')
  // Long paths break after their dots.
  return html`<code><span class="outer">${steps.map((step) => html`${step}.<wbr>`)}</span>${name}</code>`
}
