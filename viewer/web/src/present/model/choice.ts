/**
 * What of the apps is shown in which order: favourites, those used lately, and kinds; or what a search finds,
 * best first.
 */

/** What is known of an app for that. */
export interface Entry {
  id: string;
  name: string;
  comment: string;
  categories: readonly string[];
  keywords: readonly string[];
}

/** Kinds of apps, by the main categories of the Desktop Menu Specification; the first that fits counts. */
const KINDS = [
  ["internet", ["Network"]],
  ["office", ["Office"]],
  ["graphics", ["Graphics"]],
  ["media", ["AudioVideo", "Audio", "Video"]],
  ["games", ["Game"]],
  ["education", ["Education"]],
  ["science", ["Science"]],
  ["development", ["Development"]],
  ["settings", ["Settings"]],
  ["system", ["System"]],
  ["accessories", ["Utility"]],
] as const;

export type Kind = (typeof KINDS)[number][0] | "other";
export type Heading = "favourites" | "recent" | Kind;

export interface Section<T> {
  heading: Heading | null;
  apps: T[];
}

/** Fewer need no headings. */
const FEW = 10;

export function kindOf({ categories }: Pick<Entry, "categories">): Kind {
  return KINDS.find(([, names]) => names.some((name) => categories.includes(name)))?.[0] ?? "other";
}

/** All apps, each once: favourites first, then those used lately, then by kind. */
export function sections<T extends Entry>(
  apps: readonly T[],
  favourites: readonly string[],
  recent: readonly string[],
): Section<T>[] {
  const byId = new Map(apps.map((app) => [app.id, app]));
  const shown = new Set<string>();
  const named = (ids: readonly string[]): T[] =>
    ids.flatMap((id) => {
      const app = byId.get(id);
      if (app === undefined || shown.has(id)) return [];
      shown.add(id);
      return [app];
    });
  const first: Section<T>[] = [
    { heading: "favourites", apps: named(favourites) },
    { heading: "recent", apps: named(recent) },
  ];
  const rest = apps.filter(({ id }) => !shown.has(id));
  const kinds = [...KINDS.map(([kind]) => kind), "other" as const];
  const sorted: Section<T>[] =
    rest.length <= FEW
      ? [{ heading: null, apps: rest }]
      : kinds.map((kind) => ({ heading: kind, apps: rest.filter((app) => kindOf(app) === kind) }));
  return [...first, ...sorted].filter(({ apps }) => apps.length > 0);
}

/**
 * The apps that match, best first: names that begin with it, then words of names that do, then names that
 * have it, then keywords and all else. Accents and case make no difference.
 */
export function search<T extends Entry>(apps: readonly T[], wanted: string): T[] {
  const sought = plain(wanted.trim());
  if (sought === "") return [...apps];
  const rank = ({ id, name, comment, keywords }: Entry): number => {
    const own = plain(name);
    if (own.startsWith(sought)) return 0;
    if (own.split(/[\s-]+/).some((word) => word.startsWith(sought))) return 1;
    if (own.includes(sought)) return 2;
    if (keywords.some((word) => plain(word).startsWith(sought))) return 3;
    return plain(`${id} ${comment}`).includes(sought) ? 4 : 5;
  };
  return apps
    .map((app) => ({ app, at: rank(app) }))
    .filter(({ at }) => at < 5)
    .sort((a, b) => a.at - b.at)
    .map(({ app }) => app);
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
