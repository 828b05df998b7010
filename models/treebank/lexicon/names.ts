/*
 * Names are common first names, family names, cities and countries, and company names made up for this
 * treebank. Some stand in several lists on purpose: Florence, Lincoln, Jordan, Wellington, May, Mark.
 */
export const names = {
  female: `Maria Anna Laura Emma Sophie Helen Clara Nadia Fatima Amina Leila Priya Mei Yuki Ingrid Olga
    Elena Carmen Lucia Rosa Grace Rose May June Victoria Florence Georgia Sydney Chelsea Charlotte Joy Hope
    Ruth Judith Martha Alice Irene Zofia Astrid Bianca Noor Dalia Faith Daisy Olive Ivy`,
  male: `Peter Paul John David Thomas Karim Omar Ali Hassan Ravi Arjun Kenji Wei Ivan Boris Pablo Diego
    Carlos Marco Luca Mark Will Bill Frank Grant Austin Jordan Lincoln Wellington Jack Rob Drew Guy Art
    Victor Oscar Hugo Felix Anton Samuel Daniel Isaac Henrik Lars Stefan Mateo Chase Miles Pat`,
  family: `Smith Lopez Garcia Rossi Weber Fischer Novak Kowalski Jensen Larsen Haddad Khan Patel Singh Tanaka
    Sato Chen Wang Kim Okafor Mensah Diallo Baker Cook Hunter King Fields Brown Young Long White Stone Rivers
    Lincoln Washington Hamilton Wellington Jordan Potter Walker Park Marsh Banks Hill Price Day Best Fox`,
  place: `London Paris Berlin Madrid Rome Lisbon Vienna Prague Dublin Oslo Cairo Lagos Nairobi Accra Delhi
    Mumbai Tokyo Kyoto Beijing Seoul Sydney Wellington Toronto Chicago Boston Austin Lincoln Hamilton
    Washington Florence Victoria Chelsea Georgia Charlotte Jordan Turkey China Brazil Chile Peru Mexico
    Canada India Japan Kenya Ghana Egypt France Germany Italy Spain Greece Poland Norway Sweden Reading Bath
    Cork Nice Phoenix`,
  company: `Veltron Oxalis Brightline Corvane Halden Nordmark Pellucid Quillon Sunmere Tarvex Umbral Wexcom
    Zenlo Arcona Delfin Apex Summit Beacon Harvest Orbit`,
} as const;

export type NameClass = keyof typeof names;

export const titles = `Mr. Mrs. Dr. Professor Captain President Judge`;
/** Kinds of organisation that follow a name. */
export const organisations = `University Bank Museum Hospital Council Airlines Press Institute Theatre
  Railways Club Foundation College Motors`;
/** Kinds of place that follow a name. */
export const sites = `Street Square Park Bridge Lake Island Valley Road`;
/** Kinds of prizes, contests and works that follow a name; tagged MISC. */
export const honours = `Prize Cup Festival Award Trophy Medal`;
export const languages = `English French German Spanish Arabic Hindi Swahili Polish Turkish Greek`;
export const weekdays = `Monday Tuesday Wednesday Thursday Friday Saturday Sunday`;
export const months = `January February March April May June July August September October November December`;
export const newPlaces = `York Orleans Delhi Jersey Zealand Mexico`;
