CREATE TABLE `reports` (
	`id` text PRIMARY KEY NOT NULL,
	`maker_id` integer NOT NULL,
	`requester` text NOT NULL,
	`requested_at` integer NOT NULL,
	`status` text NOT NULL,
	`details` text NOT NULL,
	`report_hash` text,
	`file` blob
);
--> statement-breakpoint
CREATE INDEX `reports_requester` ON `reports` (`requester`,`requested_at`);