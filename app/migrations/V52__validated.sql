-- Constraints that V47 left to be looked at in a transaction of their own: reading goes on meanwhile, and where many rows stand, writing too.
ALTER TABLE care.receipt VALIDATE CONSTRAINT receipt_kind_check;
ALTER TABLE care.ask_notice VALIDATE CONSTRAINT ask_notice_kind_check;
ALTER TABLE care.notification VALIDATE CONSTRAINT notification_cause_check;
-- One confirmation for a post; the entry's row is locked while it is given, so none came twice before.
CREATE UNIQUE INDEX receipt_one_confirmed ON care.receipt (post_id) WHERE kind = 'confirmed';
