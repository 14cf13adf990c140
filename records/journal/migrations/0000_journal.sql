CREATE TABLE `batches` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`first_seq` integer NOT NULL,
	`count` integer NOT NULL,
	`records_hash` text NOT NULL,
	`evidence_root` text NOT NULL,
	`through` integer NOT NULL,
	`built_at` integer NOT NULL,
	`head_before` text NOT NULL,
	`head` text NOT NULL,
	`block` integer,
	`copied` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `records` (
	`seq` integer PRIMARY KEY NOT NULL,
	`bytes` blob NOT NULL,
	`evidence` text NOT NULL,
	`salt` blob NOT NULL,
	`leaf` blob NOT NULL,
	`first_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `windows` (
	`id` integer PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`first_at` integer NOT NULL
);
