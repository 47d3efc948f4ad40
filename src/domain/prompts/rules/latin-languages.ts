import { after, alone, around, before, type Phrase, type RuleSet, words } from './rule.ts'

// German, French, Spanish, Portuguese and Italian, accents folded away. "Ignor…" begins the verb in all of them, and in English.
const nouns =
  'anweisung, instruktion, vorgabe, regel, richtlinie, vorschrift, einschrankung, leitlinie, befehle, prompt, systemprompt, ' +
  'instructions, consignes, regles, directives, ordres, restrictions, contraintes, ' +
  'instrucciones, indicaciones, reglas, ordenes, directrices, normas, restricciones, directivas, ' +
  'instrucoes, regras, orientacoes, ordens, diretrizes, restricoes, ' +
  'istruzioni, regole, indicazioni, direttive, ordini, restrizioni, linee guida'
const noun = `(?:${nouns.replaceAll(', ', '|')})[a-z]{0,3}`
const prior =
  '(?:vorherig|vorig|bisherig|obig|fruher|vorangegang|vorhergehend|ursprunglich|precedent|ci dessus|anterieur|initial|originales|anterior|previ|de arriba|acima|iniciais|iniciales|originais|sopra|iniziali|originali|d[eiou]l? sistema|du systeme|systeme|sistema)'
const your =
  '(?:dein|deine|deinen|deiner|ihre|eure|tes|vos|ton|votre|tus|sus|tu|su|tuas|suas|teu|seu|tue|tuoi|il tuo|vostre|le tue)'
const told =
  '(?:was (?:dir|man dir|ihnen)|ce qu(?:e l)? on t|ce qui t|lo que (?:te|le|os)|o que (?:te|lhe|voce)|quello che ti|cio che ti|che ti e)'
const given =
  '(?:die (?:du|dir|man|sie|ihnen)|(?:te|le|lhe|ti) (?:dio|dieron|han|hanno|deu|deram)|qu(?:e|i)? (?:te|le|lhe|tu|vous|voce|t|on t|recib[a-z]{1,4}) |qu on |che (?:ti|hai) |con (?:cui|los que|las que|el que) )'
const all = '(?:alles|tout|todo|tudo|tutto)'
const secret =
  '(?:geheim|versteckt|verborgen|ursprunglich|anfanglich|cachee|secrete|initial|secret|ocult|inicia|segret|nascost|inizial|complet)'
const without =
  '(?:ohne|keine|sans|aucune?|sin|sem|senza) (?:jegliche |jede |aucune |ningun[ao]? |nenhuma? |alcuna? |l[ae]s? )?'
const youAre =
  '(?:du bist|bist du|tu es|vous etes|eres|actua como|finge|voce e|aja como|finja|sei ora|tu sei|fingi|agisci come|imagine que tu|spiel)'
const ask =
  '(?:zeig|nenn|gib|verrat|offenbar|wiederhol|schreib|sag mir|wie laute[nt]|was (?:ist|sind|steht)|montre|revele|affiche|donne|repete|recopie|quel(?:le)?s? (?:est|sont)|dis moi|ecris|muestra|revel|dime|repit|escrib|imprim|ensena|cual(?:es)? (?:es|son)|copia|mostr|diga|repita|exib|qua(?:l|is) (?:e|sao)|escrev|rivel|dimmi|ripet|stamp|quali sono|scriv|fammi vedere|kannst du mir)[a-z]{0,5}'

const dropTails: readonly Phrase[] = [
  after(1, `[a-z]{0,6} ${words(3)}${noun} ${words(1)}${given}`),
  after(1, `[a-z]{0,6} ${words(4)}${noun} ${words(2)}${prior}`),
  after(1, `[a-z]{0,6} ${words(4)}${prior}[a-z]{0,4} ${words(2)}${noun}`),
  after(1, `[a-z]{0,6} ${words(3)}${your} ${words(2)}${noun}`),
  after(1, `[a-z]{0,6} ${words(3)}${all} ${words(1)}${told}`),
  after(0.7, `[a-z]{0,6} ${words(3)}${all} ${words(3)}(?:vorher|bisher|davor|avant|antes|prima|finora)`),
]

/** German, French, Spanish, Portuguese and Italian phrases that tell the model to drop its instructions. */
export const latinOverrideRules: RuleSet = {
  reason: 'instruction_override',
  groups: [
    {
      anchors:
        'ignor, vergiss, vergess, missacht, uberschreib, verwirf, hinweg, oubli, neglig, ' +
        'abstraction, olvid, caso omiso, descart, esquec, desconsider, desprez, dimentic, ' +
        'trascur, tralasci, scarta, scordat, scorda',
      phrases: dropTails,
    },
    {
      anchors:
        'tiens, tenez, tenir, suis, suivez, sigas, siga, sigam, tenere, tener, seguire, befolg, ' +
        'beacht, obedezcas',
      phrases: dropTails.map((phrase) => ({
        ...phrase,
        before: '(?:ne|no|nao|non|n|nicht) ',
        after: `(?: pas| aucun)?(?: compte| conto| nicht)? ${phrase.after}`,
      })),
    },
    { anchors: 'alto', phrases: dropTails.map((phrase) => ({ ...phrase, before: 'pas[a-z]{1,2} por ' })) },
    {
      anchors: 'tomber, lado, parte, cote',
      phrases: dropTails.map((phrase) => ({
        ...phrase,
        before: '(?:laissez?|deix[a-z]{1,3}|dej[a-z]{1,3}|metti|lascia|mets|mettez) (?:de |da |a )?',
      })),
    },
    {
      anchors: 'hinweg',
      phrases: [before(1, `(?:setze?|setzen sie) (?:dich|sich) uber ${words(1)}${your} ${words(1)}`)],
    },
    {
      anchors: 'vorherig, bisherig, obig, vorig, fruher, deine',
      phrases: [
        after(
          1,
          `[a-z]{0,3} (?:${noun} )?${words(5)}(?:zu )?(?:ignorier|vergess|missacht|ungultig|aufgehoben|uberschr|nicht mehr|verwerf)`,
        ),
      ],
    },
    {
      anchors: 'sofort, jetzt, desormais, maintenant, ahora, adelante, agora, adesso, poi',
      phrases: [
        after(
          0.6,
          ` ${words(4)}(?:mein|meine|meinen|mien|miennes|mis|mias|minhas|meus|mim|miei|mie|mandar|comando|mando|obedec|gehorch|ungefiltert)(?![a-z])`,
        ),
      ],
    },
    { anchors: 'gehorche, obeis, obeissez, obedece, obedeca, obbedisci', phrases: [alone(0.5)] },
    {
      anchors:
        'einschrankung, filter, filtre, filtr, beschrankung, zensur, richtlinie, regeln, ' +
        'restric, restriz, regle, regla, regra, regol, limite, limiti, censur, limitac',
      phrases: [before(0.5, without)],
    },
  ],
}

/** German, French, Spanish, Portuguese and Italian phrases that ask for the system prompt. */
export const latinExtractionRules: RuleSet = {
  reason: 'prompt_extraction',
  groups: [
    {
      anchors:
        'prompt, systemprompt, system-prompt, system prompt, systemanweisung, systemnachricht, ' +
        'message systeme, mensaje del sistema, mensagem do sistema, messaggio di sistema',
      phrases: [
        before(1, `${ask} ${words(3)}${your} ${words(1)}`),
        around(0.7, `${ask} ${words(2)}`, ' (?:systeme|del sistema|de sistema|do sistema|di sistema)'),
      ],
    },
    {
      anchors: nouns,
      phrases: [
        around(1, `${ask} ${words(3)}`, `[a-z]{0,3} ${words(2)}${given}`),
        after(0.6, `[a-z]{0,3} (?:ausgeben|nennen|zeigen|verraten|wiederholen) ${given}`),
        before(1, `${ask} ${words(3)}${your} ${words(1)}${secret}[a-z]{0,6} `),
        around(1, `${ask} ${words(3)}${your} ${words(1)}`, `[a-z]{0,3} ${secret}`),
      ],
    },
    {
      anchors: 'text, texte, texto, testo, alles, tout, tudo, tutto, inhalt',
      phrases: [
        around(
          0.9,
          `${ask} ${words(3)}`,
          ` ${words(3)}(?:uber dies|oberhalb|steht|au dessus|ci dessus|precede|por encima|arriba|anterior|acima|sopra|precedente)`,
        ),
      ],
    },
    {
      anchors:
        'wortlich, wort fur wort, mot pour mot, textuellement, palabra por palabra, ' +
        'literalmente, palavra por palavra, parola per parola',
      phrases: [before(0.3, `${ask}[^]{0,80}?`)],
    },
  ],
}

/** German, French, Spanish, Portuguese and Italian phrases that ask the model to be somebody without rules. */
export const latinPersonaRules: RuleSet = {
  reason: 'persona_jailbreak',
  groups: [
    {
      anchors:
        'einschrankung, filter, filtre, filtr, beschrankung, zensur, richtlinie, regeln, ' +
        'restric, restriz, regle, regla, regra, regol, limite, limiti, censur',
      phrases: [before(1, `${youAre}[^]{0,80}?${without}`)],
    },
  ],
}

/** German, French, Spanish, Portuguese and Italian phrases that speak to the model from a document, or ask for data to be sent elsewhere. */
export const latinEmbeddedRules: RuleSet = {
  reason: 'embedded_instruction',
  groups: [
    {
      anchors: 'ki-assist, ki, sprachmodell, ia, ias, assistent, asistente, assistente',
      phrases: [
        before(
          1,
          `(?:hinweis|achtung|anweisung|notiz|attention|note|nota|atencion|aviso|atencao|attenzione|instruccion)[a-z]{0,3} ${words(3)}`,
        ),
      ],
    },
    {
      anchors: 'benutzer, nutzer, niemand, utilisateur, usuario, utente, nadie, ninguem, nessuno',
      phrases: [before(0.4, `(?:sag|ohne|sans|ne|no|sin|nao|sem|non|senza) ${words(4)}`)],
    },
    {
      anchors: 'http, server',
      phrases: [
        before(
          0.8,
          `(?:sende|schick|leite|lade|envoi|transmet|envia|manda|envie|invia|inoltra)[a-z]{0,3} ${words(6)}(?:chatverlauf|verlauf|passwort|daten|zugangsdaten|historique|conversation|mots de passe|donnees|contrasenas|historial|datos|conversacion|senhas|historico|conversa|dados|password|cronologia|conversazione|dati)[^]{0,50}?`,
        ),
      ],
    },
  ],
}
