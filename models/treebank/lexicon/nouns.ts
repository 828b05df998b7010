/** What a noun can be: the grammar chooses arguments and modifiers by it. */
export type NounClass =
  | 'male'
  | 'female'
  | 'person'
  | 'animal'
  | 'thing'
  | 'tool'
  | 'feature'
  | 'document'
  | 'food'
  | 'substance'
  | 'place'
  | 'vehicle'
  | 'part'
  | 'plant'
  | 'event'
  | 'abstract'
  | 'quality'
  | 'group'
  | 'period'
  | 'material';

/** Nouns by class; an irregular plural follows a slash. `substance`, `quality` and `material` have no plural. */
export const nouns: Readonly<Record<NounClass, string>> = {
  male: `boy man/men father brother uncle son king prince husband nephew grandfather waiter landlord
    monk duke wizard policeman/policemen businessman/businessmen schoolboy gentleman/gentlemen cowboy
    widower grandson stepfather salesman/salesmen fisherman/fishermen`,
  female: `girl woman/women mother sister aunt daughter queen princess wife/wives niece grandmother
    waitress landlady nun duchess witch bride policewoman/policewomen businesswoman/businesswomen
    schoolgirl lady actress widow granddaughter stepmother hostess`,
  person: `teacher doctor farmer lawyer baker driver pilot student engineer nurse judge painter writer
    singer dancer cook guard guide coach captain soldier sailor dentist surgeon plumber carpenter
    mechanic gardener librarian journalist reporter editor scientist chemist historian translator
    musician poet visitor guest neighbour friend stranger customer client patient witness thief/thieves
    burglar tourist traveller passenger cyclist runner swimmer manager secretary clerk cashier minister
    senator mayor voter leader expert critic orphan child/children baby adult teenager pupil tutor
    professor owner tenant builder butcher tailor jeweller shepherd hunter miner clown magician referee
    goalkeeper colleague cousin rival champion host model spy official native volunteer apprentice`,
  animal: `dog cat horse cow sheep/sheep goat pig hen duck goose/geese mouse/mice rat rabbit fox
    wolf/wolves bear lion tiger elephant monkey donkey camel deer/deer squirrel hedgehog owl eagle crow
    parrot pigeon swan turtle snake lizard frog whale dolphin shark seal crab spider puppy kitten lamb
    calf/calves foal pony otter badger`,
  thing: `watch ring lamp chair table desk bed sofa mirror clock plate cup glass bottle box bag basket
    bucket blanket pillow curtain carpet candle match towel coat shirt scarf/scarves glove boot shoe
    dress jacket belt phone radio laptop screen keyboard printer cable battery envelope stamp parcel
    package ticket coin wallet purse suitcase map poster photograph picture portrait statue vase toy
    ball kite doll drum guitar violin piano flute trumpet nail screw chain lock hook needle button
    ribbon wheel engine pump pipe tap hose flag bell whistle medal trophy crown sword shield bow arrow
    pan pot kettle oven stove tray jar lid fan heater switch bulb tent net rug record cradle saddle
    bench barrel cage crate anchor compass necklace bracelet present board`,
  tool: `telescope knife/knives hammer key brush saw camera drill ladder rope shovel spade rake spoon
    fork torch stick cloth ruler axe magnet sponge`,
  feature: `beard moustache ponytail limp accent scar smile tattoo hat umbrella backpack cap wig cane
    badge helmet`,
  document: `book letter novel diary poem newspaper magazine dictionary report essay article note
    message email script story review recipe contract textbook pamphlet leaflet brochure speech memo
    list chapter summary biography sign label manual form bill`,
  food: `apple pear plum peach cherry banana orange lemon grape melon carrot potato/potatoes
    tomato/tomatoes onion bean pepper cabbage mushroom egg sandwich cake pie biscuit pancake sausage
    burger pizza salad omelette pudding tart nut olive snack meal`,
  substance: `bread butter cheese milk soup rice pasta meat honey jam sugar salt tea coffee juice wine
    beer chocolate porridge yoghurt fish`,
  place: `house cottage castle palace school library museum theatre cinema hospital hotel restaurant shop
    market bank office factory farm barn stable church temple mosque station airport harbour port bridge
    tower prison park garden field forest beach island river lake village town city valley hill mountain
    cave desert square street road path yard kitchen bedroom bathroom hall cellar attic garage workshop
    studio stadium pool playground zoo gallery court embassy chapel bakery warehouse mill mine quarry
    canal cliff meadow orchard vineyard swamp tunnel capital`,
  vehicle: `car bus train boat ship ferry bicycle motorcycle truck van lorry taxi tram plane helicopter
    canoe yacht tractor wagon sledge ambulance`,
  part: `door window gate wall roof floor ceiling fence chimney cupboard drawer shelf/shelves balcony
    shutter`,
  plant: `tree plant flower rose bush oak pine willow fern tulip daisy weed vine branch leaf/leaves hedge
    lily maple`,
  event: `meeting party wedding concert play match race game lesson lecture exam trial election battle
    storm flood fire earthquake festival parade funeral holiday journey trip flight voyage interview
    rehearsal performance strike debate conference show auction dance walk run visit talk`,
  abstract: `idea plan decision problem question answer reason rule law promise secret mistake accident
    project proposal theory method result change choice offer request order demand claim complaint
    argument agreement deal doubt hope fear dream memory lie rumour excuse advantage danger risk cost
    price budget tax schedule goal task habit tradition custom belief opinion attempt effort chance
    principle experiment discovery design`,
  quality: `courage patience honesty advice information music news kindness anger luck fame wealth
    silence knowledge progress support research love`,
  group: `team council committee company club crew band choir orchestra jury government ministry union
    army family class agency university parliament`,
  period: `day week month year morning evening afternoon night weekend summer winter spring autumn`,
  material: `wood stone steel glass gold silver paper leather cotton wool plastic iron brass clay`,
};

/** Nouns that stand before another noun as a compound, with the nouns that take them. */
export const compounds: readonly (readonly [string, string])[] = [
  ['school', 'bus'],
  ['kitchen', 'table'],
  ['garden', 'gate'],
  ['tennis', 'match'],
  ['police', 'report'],
  ['city', 'council'],
  ['tea', 'cup'],
  ['wine', 'bottle'],
  ['bus', 'driver'],
  ['history', 'teacher'],
  ['maths', 'exam'],
  ['chocolate', 'cake'],
  ['apple', 'pie'],
  ['tomato', 'soup'],
  ['football', 'team'],
  ['summer', 'festival'],
  ['birthday', 'party'],
  ['mountain', 'village'],
  ['fire', 'engine'],
  ['bedroom', 'window'],
  ['train', 'ticket'],
  ['newspaper', 'article'],
  ['wedding', 'dress'],
  ['piano', 'lesson'],
  ['job', 'interview'],
  ['office', 'chair'],
  ['stone', 'wall'],
  ['paper', 'bag'],
  ['business', 'trip'],
  ['tax', 'law'],
  ['bank', 'manager'],
  ['night', 'train'],
  ['glass', 'door'],
  ['rose', 'garden'],
  ['computer', 'screen'],
  ['river', 'bridge'],
  ['orange', 'juice'],
  ['cotton', 'shirt'],
  ['theatre', 'critic'],
  ['car', 'key'],
];
