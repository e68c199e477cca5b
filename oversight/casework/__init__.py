"""What a case needs beside its moves: attachments, orders, what an appraisal shows."""
