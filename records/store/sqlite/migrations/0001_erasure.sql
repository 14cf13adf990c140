CREATE TABLE `acknowledgements` (
	`erasure_id` text NOT NULL,
	`recorder_id` integer NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`erasure_id`, `recorder_id`)
);
--> statement-breakpoint
CREATE TABLE `erasures` (
	`id` text PRIMARY KEY NOT NULL,
	`order` text NOT NULL,
	`requested_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `holds` (
	`id` text PRIMARY KEY NOT NULL,
	`account` text,
	`topic_id` text,
	`reason` text NOT NULL,
	`since` integer NOT NULL,
	`lifted_at` integer
);
--> statement-breakpoint
CREATE TABLE `purposes` (
	`commitment` text PRIMARY KEY NOT NULL,
	`lang` text,
	`text` text,
	`salt` blob
);
--> statement-breakpoint
CREATE TABLE `report_evidence` (
	`report_hash` text NOT NULL,
	`recorder_id` integer NOT NULL,
	`seq` integer NOT NULL,
	PRIMARY KEY(`report_hash`, `recorder_id`, `seq`)
);
--> statement-breakpoint
CREATE INDEX `report_evidence_record` ON `report_evidence` (`recorder_id`,`seq`);--> statement-breakpoint
ALTER TABLE `evidence` ADD `account` text;--> statement-breakpoint
ALTER TABLE `evidence` ADD `topic_id` text;--> statement-breakpoint
ALTER TABLE `evidence` ADD `last_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `evidence_account` ON `evidence` (`account`);--> statement-breakpoint
CREATE INDEX `evidence_topic` ON `evidence` (`topic_id`);--> statement-breakpoint
CREATE INDEX `evidence_last` ON `evidence` (`last_at`);