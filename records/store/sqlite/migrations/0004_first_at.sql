ALTER TABLE `evidence` ADD `first_at` integer;--> statement-breakpoint
UPDATE `evidence` SET `first_at` = json_extract(`text`, '$.firstMs') / 1000 WHERE `text` IS NOT NULL AND json_valid(`text`);