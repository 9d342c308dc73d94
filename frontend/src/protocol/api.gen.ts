// Written by `make protocol` from the schemas of annotation/views. Do not edit.

/** Whether classes that cells in the file have and the project lacks are made; without, these cells get none. */
export interface AddingIn {
  readonly make_classes?: boolean;
}

/** A decision between independent annotations: of which `cells` the mask was made, and how. Who decided is in the operation log. */
export interface Adjudicated {
  readonly take: "a" | "b" | "union" | "intersection";
  readonly cells: readonly string[];
  readonly people: readonly string[];
}

/** What was taken, as operation `clock` of the image, by which it can be undone: the ids of the cells. */
export interface AdjudicatedOut {
  readonly operation: string;
  readonly clock: number;
  readonly cells: readonly string[];
}

/** Decide between the annotations `a` and `b`, for one cell or for many at once. */
export interface AdjudicationIn {
  readonly a: string;
  readonly b: string;
  readonly choices: readonly ChoiceIn[];
}

/** Which two annotations are compared. */
export interface AdjudicationPair {
  readonly a: string;
  readonly b: string;
}

/** The figures of all pairs of one person, class, image or week, or of all. `key` is the id or the week's Monday. Of a person's pairs, that person is A, but for `aji`, which each pair has one of. `ap_at` is the precision at IoU 0.5, 0.55 … 0.95. */
export interface AgreementOut {
  readonly by: "all" | "person" | "class" | "image" | "week";
  readonly key: string;
  readonly name: string;
  readonly pairs: number;
  readonly figures: FiguresOut;
  readonly ap_at: readonly number[];
  readonly boundary: number | null;
  readonly kappa: number | null;
  readonly kappa_of_all: number | null;
}

/** What these files leave open. `series`: the images that are wanted, null for all. `planes`: z, t or c where all are slices, frames or channels; else sizes, what changes first coming first, such as c3z8. `labels`: label images in it become cells. */
export interface AnswerIn {
  readonly uploads: readonly string[];
  readonly series?: readonly number[] | null;
  readonly planes?: string;
  readonly labels?: boolean;
}

/** An image of the file; `problem` says why it cannot be read. */
export interface AskedSeriesOut {
  readonly name: string;
  readonly size_t: number;
  readonly size_c: number;
  readonly size_z: number;
  readonly height: number;
  readonly width: number;
  readonly dtype: string;
  readonly preview: boolean;
  readonly problem: string;
}

/** Deal `images` out to `people` (user ids), in turn, always to whoever has the fewest, or to whoever of those that know the most frequent class of its cells has the fewest; without people they are nobody's again. */
export interface AssignmentIn {
  readonly images: readonly string[];
  readonly people: readonly number[];
  readonly how?: "in_turn" | "by_load" | "by_class";
  readonly due_on?: string | null;
}

/** How many images were assigned; those that are handed in already were left alone. */
export interface AssignmentOut {
  readonly assigned: number;
}

/** An entry of the audit log: `actor_name` did it to `subject`; `details` has what it was before and after. */
export interface AuditOut {
  readonly id: number;
  readonly kind: "sign_in" | "sign_in_failed" | "sign_out" | "member_added" | "member_role" | "member_removed" | "member_link" | "project_created" | "project_renamed" | "project_deleted" | "settings" | "class_created" | "class_changed" | "class_deleted" | "image_renamed" | "image_deleted" | "image_reread" | "export" | "snapshot_deleted" | "token_made" | "token_removed";
  readonly actor_name: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly created_at: string;
}

/** A rectangle of whole pixels, half-open. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** What both say of one cell: null where one of them has none. `error`: how far they are apart, 0 to 1; where it `agrees` nobody needs to look. */
export interface CellDifferenceOut {
  readonly a: CellState | null;
  readonly b: CellState | null;
  readonly iou: number;
  readonly error: number;
  readonly agrees: boolean;
}

/** One cell as the database has it. */
export interface CellState {
  readonly id: string;
  readonly label: number;
  readonly version: number;
  readonly mask: Mask;
  readonly class_id: number | null;
  readonly provenance: Provenance;
  readonly created_by: string;
  readonly updated_by: string;
  readonly locked: boolean;
  readonly t: number;
  readonly z: number;
  readonly parent: number | null;
}

/** A cell that both snapshots have: the overlap of its masks, whether its class is another, and whether it is part of another object, or its object came from another one. */
export interface ChangedCellOut {
  readonly label: number;
  readonly iou: number;
  readonly class_changed: boolean;
  readonly object_changed: boolean;
}

/** `min` to `max`, in the pixels' own values, become black to the whole colour, by the power `gamma`. */
export interface ChannelLookOut {
  readonly shown: boolean;
  readonly colour: string;
  readonly min: number;
  readonly max: number;
  readonly gamma: number;
}

/** A channel as it is shown at first: `low` and `high` are the 0.1st and 99.9th percentile of its values. */
export interface ChannelOut {
  readonly name: string;
  readonly colour: string;
  readonly low: number;
  readonly high: number;
}

/** Each row is a label and the list of its values, one for each of `series`, null where there is none. `lines`: rows follow each other in time; `links` are the pages of the rows, where they have any. */
export interface ChartOut {
  readonly name: string;
  readonly question: string;
  readonly answer: string;
  readonly series: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly lines: boolean;
  readonly links: readonly string[];
}

/** What to take of a cell of A and one of B; one of both may be null. */
export interface ChoiceIn {
  readonly a?: string | null;
  readonly b?: string | null;
  readonly take: "a" | "b" | "union" | "intersection";
}

/** Which cells: of these classes (keys, with commas between; 0 for cells without one), of this split (none: of no split); what is left out asks nothing. `physical`: lengths in µm where pixels have a size. */
export interface ChosenQuery {
  readonly classes: string;
  readonly split: "" | "train" | "validation" | "test" | "none";
  readonly physical: boolean;
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

/** Other words, or that the thread is resolved (or open again), or both. */
export interface CommentChangeIn {
  readonly text?: string | null;
  readonly resolved?: boolean | null;
}

/** A new comment: an answer in `thread`, or a new thread about a cell, a point of a plane, or the whole image. Members whose names stand after an @ are told. */
export interface CommentIn {
  readonly text: string;
  readonly thread?: string | null;
  readonly cell?: string | null;
  readonly row?: number | null;
  readonly col?: number | null;
  readonly t?: number;
  readonly z?: number;
}

/** One comment; answers name their `thread`. The pin is the cell, the point (image pixels) or, without either, the whole image. Of a deleted one only the place is left. */
export interface CommentOut {
  readonly id: string;
  readonly thread: string | null;
  readonly author: SpeakerOut | null;
  readonly text: string;
  readonly cell: string | null;
  readonly row: number | null;
  readonly col: number | null;
  readonly t: number;
  readonly z: number;
  readonly mentions: readonly string[];
  readonly created_at: string;
  readonly edited_at: string | null;
  readonly deleted: boolean;
  readonly resolved_at: string | null;
  readonly resolved_by: string;
}

/** So many matched cells were given these two classes, or both times the same one. */
export interface ConfusionOut {
  readonly one: string;
  readonly other: string;
  readonly cells: number;
}

/** A finished independent annotation of an image, a person's `take`-th. */
export interface CopyOut {
  readonly id: string;
  readonly name: string;
  readonly take: number;
  readonly status: "new" | "assigned" | "in_progress" | "submitted" | "in_review" | "accepted" | "returned";
}

/** `rows` are the table under `header`. */
export interface DashboardOut {
  readonly name: string;
  readonly title: string;
  readonly charts: readonly ChartOut[];
  readonly header: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Something that a webhook was told: `id` goes along as `webhook-id`; `status` is the last HTTP status, and `problem` says why it has not arrived. It is tried again at `next_at` while `state` is waiting. */
export interface DeliveryOut {
  readonly id: string;
  readonly event: string;
  readonly state: "waiting" | "delivered" | "failed";
  readonly attempts: number;
  readonly next_at: string;
  readonly status: number | null;
  readonly problem: string;
  readonly body: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Names of images that came and went, what differs in others, and how many are the same. */
export interface DifferenceOut {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly ImageDifferenceOut[];
  readonly same: number;
}

/** `edges` of the bins, from the 0.5th to the 99.5th percentile of all; the outer bins hold what lies beyond. `without`: cells of images that do not have this. `group_count` may be more than there are `groups`. */
export interface DistributionOut {
  readonly unit: string;
  readonly edges: readonly number[];
  readonly groups: readonly GroupOut[];
  readonly group_count: number;
  readonly without: number;
}

/** Of what, and what is kept apart. */
export interface DistributionQuery {
  readonly classes: string;
  readonly split: "" | "train" | "validation" | "test" | "none";
  readonly physical: boolean;
  readonly measure: "area_px" | "equivalent_diameter_px" | "perimeter_px" | "major_axis_px" | "minor_axis_px" | "eccentricity" | "mean" | "std" | "min" | "max" | "sum";
  readonly channel: string;
  readonly by: "" | "class" | "image" | "split";
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

/** One step of the timeline, from clock `first` to `last`; how many cells it created, deleted and changed. */
export interface EntryOut {
  readonly id: string;
  readonly first: number;
  readonly last: number;
  readonly kind: string;
  readonly actor: string;
  readonly colour: string;
  readonly created_at: string;
  readonly created: number;
  readonly deleted: number;
  readonly changed: number;
  readonly engine: string;
  readonly undone: boolean;
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

/** `format` is the name of an export format, such as label-tiff or coco. Without a snapshot the project is exported as it is. */
export interface ExportIn {
  readonly format: string;
  readonly snapshot?: string | null;
}

/** One measured number of an engine. */
export interface FigureOut {
  readonly dataset: string;
  readonly measure: string;
  readonly value: number;
}

/** Agreement of two annotations, each figure 0 to 1: see docs/review.md. */
export interface FiguresOut {
  readonly cells_a: number;
  readonly cells_b: number;
  readonly matched: number;
  readonly ap: number;
  readonly ap_mean: number;
  readonly f1: number;
  readonly pq: number;
  readonly aji: number;
}

/** A format of files; `summary` says what it is for, `read` whether cells can come back from it. */
export interface FormatOut {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly read: boolean;
}

/** Cells of one class, image or split. `quartiles`: 0th, 25th, 50th, 75th and 100th percentile; `counts`: cells in each bin. */
export interface GroupOut {
  readonly key: string;
  readonly name: string;
  readonly cells: number;
  readonly mean: number;
  readonly sd: number;
  readonly quartiles: readonly number[];
  readonly counts: readonly number[];
}

/** An image as the annotator opens it: `size_t` frames of `size_z` slices, `time_step` in seconds. `levels` are the sizes of its pyramid, level k with pixels 2^k image pixels wide, in tiles of `tile` pixels. It is number `position` (from 1) of `total` in its project, between `previous` and `next`. `planes_in_file`: so many follow each other in its file and may be something else than was said; 0 where that is beyond doubt. */
export interface ImageDetailOut {
  readonly id: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly dtype: "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "float32";
  readonly status: "new" | "assigned" | "in_progress" | "submitted" | "in_review" | "accepted" | "returned";
  readonly assignee: NamedOut | null;
  readonly reviewer: NamedOut | null;
  readonly due_on: string | null;
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
  readonly planes_in_file: number;
  readonly opens_at: PlaneAtOut;
  readonly looks: KeptLooksOut;
  readonly project: ImageProjectOut;
  readonly classes: readonly ClassOut[];
  readonly previous: string | null;
  readonly next: string | null;
  readonly position: number;
  readonly total: number;
}

/** How many cells of an image were added, removed and changed; the first changed ones. */
export interface ImageDifferenceOut {
  readonly id: string;
  readonly name: string;
  readonly added: number;
  readonly removed: number;
  readonly changed_count: number;
  readonly changed: readonly ChangedCellOut[];
}

/** An image's new name. */
export interface ImageIn {
  readonly name: string;
}

/** An image as lists show it; sizes in pixels, `channels` is their number. `assignee` annotates it, `reviewer` reviewed it last. */
export interface ImageOut {
  readonly id: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly dtype: "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "float32";
  readonly status: "new" | "assigned" | "in_progress" | "submitted" | "in_review" | "accepted" | "returned";
  readonly assignee: NamedOut | null;
  readonly reviewer: NamedOut | null;
  readonly due_on: string | null;
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
  readonly kind: "import" | "reread" | "segment" | "export" | "snapshot" | "read" | "add" | "measure";
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled";
  readonly progress: number;
  readonly message: string;
  readonly created_at: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>>;
  readonly download: string | null;
}

/** What is kept for me and for everybody in the project; null where nothing is. */
export interface KeptLooksOut {
  readonly mine: LooksOut | null;
  readonly project: LooksOut | null;
}

/** One level of an image's pyramid, in its own pixels. */
export interface LevelOut {
  readonly width: number;
  readonly height: number;
}

/** How an image is shown. `same_contrast`: minimum and maximum are for all images of its kind; without it each image opens with the contrast of its own values. */
export interface LooksOut {
  readonly channels: readonly ChannelLookOut[];
  readonly inverted: boolean;
  readonly projected: boolean;
  readonly same_contrast: boolean;
}

/** Run lengths of one mask inside its box, row by row, background first (inference.rle). */
export interface Mask {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly counts: readonly number[];
}

/** Who is signed in. */
export interface MeOut {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly is_staff: boolean;
}

/** Something that is measured; `by_channel` where each channel has its own. */
export interface MeasureOut {
  readonly name: "area_px" | "equivalent_diameter_px" | "perimeter_px" | "major_axis_px" | "minor_axis_px" | "eccentricity" | "mean" | "std" | "min" | "max" | "sum";
  readonly title: string;
  readonly by_channel: boolean;
}

/** How much is measured: `waiting` images have changed since, or were never measured; `job` is the one that measures them, if it is under way. `physical`: some images say how large their pixels are. */
export interface MeasuredOut {
  readonly images: number;
  readonly cells: number;
  readonly waiting: number;
  readonly job: JobOut | null;
  readonly channels: readonly string[];
  readonly physical: boolean;
  readonly measures: readonly MeasureOut[];
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

/** The classes (ids) that a member knows best, all of them. */
export interface MemberClassesIn {
  readonly classes: readonly number[];
}

/** A member's new role. */
export interface MemberIn {
  readonly role: "owner" | "manager" | "annotator" | "reviewer" | "viewer";
}

/** The path of a one-time sign-in link. */
export interface MemberLinkOut {
  readonly link: string;
}

/** A member as the members panel shows them. `email` is empty for those who may not manage; `invited`: the person has not signed in yet; `classes` are those that they know best. */
export interface MemberOut {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly role: "owner" | "manager" | "annotator" | "reviewer" | "viewer";
  readonly colour: string;
  readonly invited: boolean;
  readonly classes: readonly number[];
}

/** Somebody, who may have left the project. */
export interface NamedOut {
  readonly id: number;
  readonly name: string;
}

/** Which work is asked for; `now_in` is the image that one comes from and does not want again. */
export interface NextIn {
  readonly task?: "annotate" | "review";
  readonly now_in?: string | null;
}

/** The image to go on with; null when there is none left. */
export interface NextOut {
  readonly image: string | null;
}

/** When to send e-mails, and which kinds not to tell of at all. */
export interface NotificationChoiceIn {
  readonly mailing: "off" | "at_once" | "daily";
  readonly muted: readonly ("assigned" | "returned" | "mentioned" | "answered" | "job")[];
}

/** As chosen; `mails` says whether this server sends e-mails. */
export interface NotificationChoiceOut {
  readonly mailing: "off" | "at_once" | "daily";
  readonly muted: readonly ("assigned" | "returned" | "mentioned" | "answered" | "job")[];
  readonly mails: boolean;
}

/** `text` is a sentence; `address` is the page that it is about. */
export interface NotificationOut {
  readonly id: number;
  readonly kind: "assigned" | "returned" | "mentioned" | "answered" | "job";
  readonly text: string;
  readonly actor: SpeakerOut | null;
  readonly address: string;
  readonly created_at: string;
  readonly read: boolean;
}

/** Newest first; `unread` counts all. */
export interface NotificationsOut {
  readonly unread: number;
  readonly notifications: readonly NotificationOut[];
}

/** Two people's independent annotations of one image: `twin_a` and `twin_b` can be opened by reviewers. `boundary` is the mean distance of the outlines of matched cells in pixels, `kappa` Cohen's for classes, `kappa_of_all` Fleiss' kappa of all people of the image where there are three or more. */
export interface PairOut {
  readonly image: string;
  readonly name: string;
  readonly twin_a: string;
  readonly twin_b: string;
  readonly person_a: string;
  readonly person_b: string;
  readonly figures: FiguresOut;
  readonly boundary: number | null;
  readonly kappa: number | null;
  readonly kappa_of_all: number | null;
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

/** Somewhere in the image. */
export interface Place {
  readonly row: number;
  readonly col: number;
}

/** Slice `z` of frame `t`, from 0. */
export interface PlaneAtOut {
  readonly t: number;
  readonly z: number;
}

/** What an image's planes are, as in AnswerIn. */
export interface PlanesIn {
  readonly planes: string;
}

/** A column for each property of the points; a sample where `cells` are more. `links` open the cells. */
export interface PointsOut {
  readonly x_unit: string;
  readonly y_unit: string;
  readonly cells: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly classes: readonly number[];
  readonly ids: readonly string[];
  readonly images: readonly string[];
  readonly links: readonly string[];
}

/** Two figures of each cell. */
export interface PointsQuery {
  readonly classes: string;
  readonly split: "" | "train" | "validation" | "test" | "none";
  readonly physical: boolean;
  readonly x: "area_px" | "equivalent_diameter_px" | "perimeter_px" | "major_axis_px" | "minor_axis_px" | "eccentricity" | "mean" | "std" | "min" | "max" | "sum";
  readonly x_channel: string;
  readonly y: "area_px" | "equivalent_diameter_px" | "perimeter_px" | "major_axis_px" | "minor_axis_px" | "eccentricity" | "mean" | "std" | "min" | "max" | "sum";
  readonly y_channel: string;
}

/** A project's name, to make it or to rename it. */
export interface ProjectIn {
  readonly name: string;
}

/** A project as its list shows it. `role` is the asking person's; `thumbnails` are the newest images' ids. Of the `images`, `done` are accepted, `submitted` wait for review or are in it, `in_progress` are begun. */
export interface ProjectOut {
  readonly id: string;
  readonly name: string;
  readonly role: "owner" | "manager" | "annotator" | "reviewer" | "viewer";
  readonly images: number;
  readonly done: number;
  readonly submitted: number;
  readonly in_progress: number;
  readonly cells: number;
  readonly members: readonly PersonOut[];
  readonly updated_at: string;
  readonly thumbnails: readonly string[];
}

/** A rectangle around the cell, half-open. */
export interface PromptBox {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** A click; `positive` says that the pixel belongs to the cell. */
export interface PromptPoint {
  readonly row: number;
  readonly col: number;
  readonly positive: boolean;
}

/** A stroke through its corners, in order; `positive` says that it runs inside of the cell. */
export interface PromptScribble {
  readonly places: readonly Place[];
  readonly positive: boolean;
}

/** Everything said about one cell; `mask` is a shape of it that is nearly right. */
export interface PromptSet {
  readonly points: readonly PromptPoint[];
  readonly box: PromptBox | null;
  readonly mask: Mask | null;
  readonly scribbles: readonly PromptScribble[];
}

/** Where a mask came from: by hand, or an engine with the weights' hash, its prompts and parameters. */
export interface Provenance {
  readonly source: "hand" | "prompt" | "auto";
  readonly engine: string;
  readonly weights: string;
  readonly preprocessing: string;
  readonly score: number | null;
  readonly prompts: PromptSet | null;
  readonly adjudicated: Adjudicated | null;
}

/** What the file leaves open: which of `series` are wanted, what its `planes` are where there are any, whether its `labels` become cells. */
export interface QuestionOut {
  readonly series: readonly AskedSeriesOut[];
  readonly planes: number;
  readonly labels: readonly string[];
}

/** What was seen: one notification, all up to the newest that one saw, or (with neither) all. */
export interface ReadIn {
  readonly only?: number | null;
  readonly up_to?: number | null;
}

/** One's own upload of annotations; an empty format is found out. */
export interface ReadingIn {
  readonly upload: string;
  readonly format?: string;
}

/** What an engine gets. `channels`: one, or red, green and blue. `projection`: the slice that is looked at, or the largest or mean value over all. `scaling`: values as they are, between the 0.1st and 99.9th percentile of the image, or between `ranges`, a pair for each channel. */
export interface RecipeIn {
  readonly channels: readonly number[];
  readonly projection: "none" | "max" | "mean";
  readonly scaling: "values" | "image" | "fixed";
  readonly ranges: readonly (readonly number[])[];
}

/** What an engine gets of this project's images. */
export interface RecipeOut {
  readonly engine: string;
  readonly channels: readonly number[];
  readonly projection: "none" | "max" | "mean";
  readonly scaling: "values" | "image" | "fixed";
  readonly ranges: readonly (readonly number[])[];
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
  readonly t?: number;
  readonly z?: number;
}

/** A rectangle, half-open, in which all cells are annotated; `author` is empty where that person is gone. */
export interface RegionOut {
  readonly id: string;
  readonly name: string;
  readonly t: number;
  readonly z: number;
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly author: string;
}

/** Cells as they were after operation `clock`: those named, those that `operation` changed, or all. */
export interface RestoreIn {
  readonly clock: number;
  readonly cells?: readonly string[] | null;
  readonly operation?: string | null;
}

/** How many cells are different for it. */
export interface RestoredOut {
  readonly cells: number;
}

/** `engine` is the name of an engine that finds all cells, here on slice `z` of frame `t`. */
export interface RunIn {
  readonly engine: string;
  readonly params?: RunParams;
  readonly t?: number;
  readonly z?: number;
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

/** A cell in the version that was looked at. */
export interface SeenIn {
  readonly id: string;
  readonly version: number;
}

/** What goes into a snapshot: images in these states and splits (all where the list is empty), cells of these classes (all where it is null; 0 stands for cells without a class); with `complete_only` only images that have “complete here” regions, and cells inside of these. */
export interface SelectionIn {
  readonly states?: readonly ("new" | "assigned" | "in_progress" | "submitted" | "in_review" | "accepted" | "returned")[];
  readonly splits?: readonly ("train" | "validation" | "test")[];
  readonly classes?: readonly number[] | null;
  readonly complete_only?: boolean;
}

/** A new snapshot's name, and what goes into it. */
export interface SnapshotIn {
  readonly name: string;
  readonly selection?: SelectionIn;
}

/** A frozen state. `sha256` is of what is in it: equal states have equal hashes. */
export interface SnapshotOut {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
  readonly images: number;
  readonly cells: number;
  readonly created_at: string;
  readonly created_by: string;
  readonly selection: SelectionIn;
}

/** Somebody, in the colour that everybody sees them in. */
export interface SpeakerOut {
  readonly id: number;
  readonly name: string;
  readonly colour: string;
}

/** Shares of the images that have no split yet, and what belongs together. */
export interface SplitsIn {
  readonly train?: number;
  readonly validation?: number;
  readonly test?: number;
  readonly seed?: number;
  readonly group_by?: "image" | "file" | "first_part" | "without_last_part";
}

/** How many images each split has, how many have none, and which look as if they were in two. */
export interface SplitsOut {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly none: number;
  readonly twins: readonly TwinOut[];
}

/** Where to move an image. Sending back (“returned”) needs a `reason`, which may be about one `cell`. */
export interface StepIn {
  readonly to: "new" | "assigned" | "in_progress" | "submitted" | "in_review" | "accepted" | "returned";
  readonly reason?: string;
  readonly cell?: string | null;
}

/** One step of an image on its way; `actor` is null where that account is gone. */
export interface StepOut {
  readonly actor: NamedOut | null;
  readonly before: "new" | "assigned" | "in_progress" | "submitted" | "in_review" | "accepted" | "returned";
  readonly after: "new" | "assigned" | "in_progress" | "submitted" | "in_review" | "accepted" | "returned";
  readonly reason: string;
  readonly cell: string | null;
  readonly clock: number;
  readonly created_at: string;
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

/** Two images of different splits that look nearly the same. */
export interface TwinOut {
  readonly one: string;
  readonly one_split: "train" | "validation" | "test";
  readonly other: string;
  readonly other_split: "train" | "validation" | "test";
}

/** Have each of `people` (user ids) annotate each of `images` without seeing the others' cells; `again`: once more those who have handed in theirs. */
export interface TwinsIn {
  readonly images: readonly string[];
  readonly people: readonly number[];
  readonly due_on?: string | null;
  readonly again?: boolean;
}

/** How many are left. */
export interface UnreadOut {
  readonly unread: number;
}

/** A file that is about to come: what the person calls it, and its bytes. A file of annotations becomes no image. With `ask` the upload waits, asking, where the file leaves something open; otherwise the first of several images is taken, or those that `series` names (null for all), and planes without names are slices, or what `planes` says. */
export interface UploadIn {
  readonly name: string;
  readonly size: number;
  readonly purpose?: "image" | "annotations";
  readonly ask?: boolean;
  readonly series?: readonly number[] | null;
  readonly planes?: string;
  readonly labels?: boolean;
}

/** A file on its way in. `received` is where the next part begins; `image` is there once the state is done; `message` says why it failed, or what of the file was left out; `question` is there while it is asking. */
export interface UploadOut {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly received: number;
  readonly state: "receiving" | "decoding" | "asking" | "done" | "failed";
  readonly message: string;
  readonly image: string | null;
  readonly question: QuestionOut | null;
}

/** The last word on a cell, in that `version` of it: a later version waits for another. */
export interface VerdictOut {
  readonly cell: string;
  readonly version: number;
  readonly judgement: "accepted" | "rejected" | "fixed";
  readonly reason: string;
  readonly actor: NamedOut | null;
}

/** The same word on several cells. */
export interface VerdictsIn {
  readonly cells: readonly SeenIn[];
  readonly judgement: "accepted" | "rejected";
  readonly reason?: string;
}

/** Somebody who is in the project now: in an image, or (null) on one of its pages. */
export interface VisitorOut {
  readonly id: number;
  readonly name: string;
  readonly colour: string;
  readonly image: string | null;
  readonly image_name: string;
}

/** What is left out stays as it is. */
export interface WebhookChangeIn {
  readonly url?: string;
  readonly events?: readonly ("image.added" | "image.state" | "run.ended" | "cells.added" | "export.ended" | "snapshot.ended" | "notification")[];
  readonly active?: boolean;
}

/** An address, and what it is told; no events are all events. */
export interface WebhookIn {
  readonly url: string;
  readonly events?: readonly ("image.added" | "image.state" | "run.ended" | "cells.added" | "export.ended" | "snapshot.ended" | "notification")[];
}

/** A new webhook with the secret that signs what it is sent, which is told this once. */
export interface WebhookMadeOut {
  readonly id: string;
  readonly url: string;
  readonly events: readonly ("image.added" | "image.state" | "run.ended" | "cells.added" | "export.ended" | "snapshot.ended" | "notification")[];
  readonly active: boolean;
  readonly created_at: string;
  readonly secret: string;
}

/** A webhook without its secret. */
export interface WebhookOut {
  readonly id: string;
  readonly url: string;
  readonly events: readonly ("image.added" | "image.state" | "run.ended" | "cells.added" | "export.ended" | "snapshot.ended" | "notification")[];
  readonly active: boolean;
  readonly created_at: string;
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

/** The same, all of it. */
export interface WorkflowIn {
  readonly next_order: "oldest" | "worst" | "random";
  readonly work_limit: number | null;
}

/** How a project hands out images: `next_order` of the new ones, `work_limit` on what one person has begun. */
export interface WorkflowOut {
  readonly next_order: "oldest" | "worst" | "random";
  readonly work_limit: number | null;
}
