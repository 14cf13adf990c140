CREATE TABLE `issues` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`report_hash` text NOT NULL,
	`kind` integer NOT NULL,
	`from_block` integer,
	`block` integer,
	`transaction_hash` text,
	`final` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `issues_report_hash_unique` ON `issues` (`report_hash`);