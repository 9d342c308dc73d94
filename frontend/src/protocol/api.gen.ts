// Written by `make protocol` from the schemas of annotation/views. Do not edit.

/** A rectangle of whole pixels, half-open. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** A channel as it is shown at first: `low` and `high` are the 0.1st and 99.9th percentile of its values. */
export interface ChannelOut {
  readonly name: string;
  readonly colour: string;
  readonly low: number;
  readonly high: number;
}

/** What to change of a class; what is missing stays. */
export interface ClassChangeIn {
  readonly name?: string | null;
  readonly colour?: string | null;
  readonly key?: string | null;
}

/** A new class; without colour or key it gets the next free one. */
export interface ClassIn {
  readonly name: string;
  readonly colour?: string | null;
  readonly key?: string | null;
}

/** What a cell can be. `key` is 1 to 9 or empty. */
export interface ClassOut {
  readonly id: number;
  readonly name: string;
  readonly colour: string;
  readonly key: string;
}

/** An engine and whether it can work here; `problem` is a sentence that says what is missing; `about` has an empty line between paragraphs. */
export interface EngineOut {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly capabilities: readonly ("prompt" | "auto" | "flows")[];
  readonly available: boolean;
  readonly problem: string;
  readonly licence: string;
  readonly notice: string;
  readonly about: string;
  readonly figures: readonly FigureOut[];
  readonly weights: readonly WeightsOut[];
}

/** Why a request was refused: `code` for programs, `message` for people; the rest is a problem of RFC 9457. */
export interface ErrorOut {
  readonly code: string;
  readonly message: string;
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** `format` is the name of an export format, such as label-tiff or coco. */
export interface ExportIn {
  readonly format: string;
}

/** One measured number of an engine. */
export interface FigureOut {
  readonly dataset: string;
  readonly measure: string;
  readonly value: number;
}

/** An image as the annotator opens it: `size_t` frames of `size_z` slices, `time_step` in seconds. `levels` are the sizes of its pyramid, level k with pixels 2^k image pixels wide, in tiles of `tile` pixels. It is number `position` (from 1) of `total` in its project, between `previous` and `next`. */
export interface ImageDetailOut {
  readonly id: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly dtype: "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "float32";
  readonly status: "new" | "in_progress" | "done";
  readonly cells: number;
  readonly updated_at: string;
  readonly size_t: number;
  readonly size_z: number;
  readonly rgb: boolean;
  readonly channel_info: readonly ChannelOut[];
  readonly pixel_um: PixelSizeOut;
  readonly time_step: number | null;
  readonly levels: readonly LevelOut[];
  readonly tile: number;
  readonly plane: PlaneOut;
  readonly project: ImageProjectOut;
  readonly classes: readonly ClassOut[];
  readonly previous: string | null;
  readonly next: string | null;
  readonly position: number;
  readonly total: number;
}

/** What to change of an image: its name (managers), its state (those who annotate). */
export interface ImageIn {
  readonly name?: string | null;
  readonly status?: "new" | "in_progress" | "done" | null;
}

/** An image as lists show it; sizes in pixels, `channels` is their number. */
export interface ImageOut {
  readonly id: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly dtype: "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "float32";
  readonly status: "new" | "in_progress" | "done";
  readonly cells: number;
  readonly updated_at: string;
}

/** The project that an image belongs to, and the asking person's role in it. */
export interface ImageProjectOut {
  readonly id: string;
  readonly name: string;
  readonly role: "owner" | "manager" | "annotator" | "reviewer" | "viewer";
}

/** Background work; `progress` is 0 to 1, `message` is for people. `params` is what was asked for, `result` what came out; `download` is the address of an export that is done. */
export interface JobOut {
  readonly id: string;
  readonly kind: "import" | "segment" | "export";
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled";
  readonly progress: number;
  readonly message: string;
  readonly created_at: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>>;
  readonly download: string | null;
}

/** One level of an image's pyramid, in its own pixels. */
export interface LevelOut {
  readonly width: number;
  readonly height: number;
}

/** Who is signed in. */
export interface MeOut {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly is_staff: boolean;
}

/** Whom to add: a name or an e-mail address, not both. */
export interface MemberAddIn {
  readonly username?: string | null;
  readonly email?: string | null;
  readonly role: "owner" | "manager" | "annotator" | "reviewer" | "viewer";
}

/** The new member; `link` is the path of a one-time sign-in link where the account is new, to be handed over. */
export interface MemberAddedOut {
  readonly member: MemberOut;
  readonly link: string | null;
}

/** A member's new role. */
export interface MemberIn {
  readonly role: "owner" | "manager" | "annotator" | "reviewer" | "viewer";
}

/** The path of a one-time sign-in link. */
export interface MemberLinkOut {
  readonly link: string;
}

/** A member as the members panel shows them. `email` is empty for those who may not manage; `invited`: the person has not signed in yet. */
export interface MemberOut {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly role: "owner" | "manager" | "annotator" | "reviewer" | "viewer";
  readonly colour: string;
  readonly invited: boolean;
}

/** A member of a project, in the colour that everybody sees them in. */
export interface PersonOut {
  readonly id: number;
  readonly name: string;
  readonly role: "owner" | "manager" | "annotator" | "reviewer" | "viewer";
  readonly colour: string;
}

/** Micrometres: the width and height of a pixel and the distance of two slices, where the file says so. */
export interface PixelSizeOut {
  readonly x: number | null;
  readonly y: number | null;
  readonly z: number | null;
}

/** The plane of an image that is annotated: slice `z` of the first frame, grey (1 channel) or RGB (3), as `/plane` gives it. `low` and `high` are where its contrast begins. */
export interface PlaneOut {
  readonly z: number;
  readonly channels: number;
  readonly dtype: "uint8" | "uint16";
  readonly low: number;
  readonly high: number;
}

/** A project's name, to make it or to rename it. */
export interface ProjectIn {
  readonly name: string;
}

/** A project as its list shows it. `role` is the asking person's; `thumbnails` are the newest images' ids. */
export interface ProjectOut {
  readonly id: string;
  readonly name: string;
  readonly role: "owner" | "manager" | "annotator" | "reviewer" | "viewer";
  readonly images: number;
  readonly done: number;
  readonly in_progress: number;
  readonly cells: number;
  readonly members: readonly PersonOut[];
  readonly updated_at: string;
  readonly thumbnails: readonly string[];
}

/** A part of an image in pixels, half-open. */
export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** Another name, another rectangle or both. */
export interface RegionChangeIn {
  readonly name?: string | null;
  readonly box?: Box | null;
}

/** A rectangle in which all cells are annotated. */
export interface RegionIn {
  readonly name: string;
  readonly box: Box;
}

/** A rectangle, half-open, in which all cells are annotated; `author` is empty where that person is gone. */
export interface RegionOut {
  readonly id: string;
  readonly name: string;
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly author: string;
}

/** `engine` is the name of an engine that finds all cells. */
export interface RunIn {
  readonly engine: string;
  readonly params?: RunParams;
}

/** How to find all cells; what is left out is the engine's own choice. `cell_probability` is a threshold on the network's cell logit, `flow_error` the largest flow error of a mask (0 switches the check off), `min_area` and `diameter` are in pixels. `first` is the part that is looked at, whose cells come first; `cached` asks for the masks of the flow field that is kept already, as a preview showed them. */
export interface RunParams {
  readonly cell_probability?: number | null;
  readonly flow_error?: number | null;
  readonly min_area?: number | null;
  readonly diameter?: number | null;
  readonly cached?: boolean;
  readonly first?: Rectangle | null;
}

/** A token to be made: what it is for, what it allows besides reading, and how many days it lives. */
export interface TokenIn {
  readonly name: string;
  readonly scopes: readonly ("read" | "annotate" | "export" | "manage")[];
  readonly days: number;
}

/** A new token with its secret, `token`, which is told this once. */
export interface TokenMadeOut {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly ("read" | "annotate" | "export" | "manage")[];
  readonly created_at: string;
  readonly expires_at: string;
  readonly last_used_at: string | null;
  readonly token: string;
}

/** A token without its secret. */
export interface TokenOut {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly ("read" | "annotate" | "export" | "manage")[];
  readonly created_at: string;
  readonly expires_at: string;
  readonly last_used_at: string | null;
}

/** A file that is about to come: what the person calls it, and its bytes. */
export interface UploadIn {
  readonly name: string;
  readonly size: number;
}

/** A file on its way in. `received` is where the next part begins; `image` is there once the state is done; `message` says why it failed, or what of the file was left out. */
export interface UploadOut {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly received: number;
  readonly state: "receiving" | "decoding" | "done" | "failed";
  readonly message: string;
  readonly image: string | null;
}

/** A file of weights that an engine can run; `sha256` is empty and `size` (bytes) null where nobody stated them, `url` and `command` are empty where there is nothing to fetch. */
export interface WeightsOut {
  readonly name: string;
  readonly filename: string;
  readonly origin: "published" | "included" | "own";
  readonly url: string;
  readonly licence: string;
  readonly sha256: string;
  readonly size: number | null;
  readonly here: boolean;
  readonly used: boolean;
  readonly command: string;
}
